//! [`describe`]: what the metrics mean, for exporters that show it.

/// Describes all metrics to the recorder. An app does so when it is built, and again when it is served.
pub(crate) fn describe() {
    #[cfg(feature = "metrics")]
    {
        use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

        describe_gauge!("ws_connections_open", "Accepted WebSocket connections that are not over");
        describe_counter!("ws_connections_accepted_total", "WebSocket connections that endpoints accepted");
        describe_counter!("ws_connections_rejected_total", "Refused handshakes, by their cause");
        describe_counter!(
            "ws_connections_closed_total",
            "Ended WebSocket connections, by close code and side"
        );
        describe_histogram!(
            "ws_connection_duration_seconds",
            Unit::Seconds,
            "Time from the accept of a connection to its end, by close code and side"
        );
        describe_histogram!(
            "ws_handshake_duration_seconds",
            Unit::Seconds,
            "Time from the request of a handshake to its answer, by outcome"
        );
        describe_counter!("ws_messages_received_total", "Messages from clients");
        describe_counter!("ws_messages_sent_total", "Messages to clients");
        describe_counter!("ws_received_bytes_total", Unit::Bytes, "Payload of the messages from clients");
        describe_counter!("ws_sent_bytes_total", Unit::Bytes, "Payload of the messages to clients");
        describe_gauge!("ws_queued_bytes", Unit::Bytes, "Data that waits for clients to take it");
        describe_counter!("ws_rate_limited_total", "Messages beyond the rate limit");
        describe_counter!(
            "ws_slow_members_total",
            "Members of rooms that were closed for reading too slowly, and messages that slow members missed"
        );
    }
}
