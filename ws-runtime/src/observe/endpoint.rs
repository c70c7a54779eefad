//! [`Watched`], [`Meters`] and [`Queued`]: what is counted of the connections of one endpoint.
//!
//! The label `endpoint` is the pattern of the endpoint's path, so a client cannot create labels.

use std::sync::Arc;
#[cfg(feature = "metrics")]
use std::sync::OnceLock;

use super::Throttle;

/// An endpoint, as logs and metrics name it. Clones share its throttled events.
#[derive(Debug, Clone)]
pub(crate) struct Watched(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    path: Arc<str>,
    #[cfg_attr(not(feature = "rate-limit"), allow(dead_code, reason = "the feature has the limit"))]
    rate_limited: Throttle,
}

impl Watched {
    pub(crate) fn new(path: &str) -> Self {
        Self(Arc::new(Inner { path: path.into(), rate_limited: Throttle::default() }))
    }

    pub(crate) fn path(&self) -> &str {
        &self.0.path
    }

    /// Returns the value of the label `endpoint`.
    #[cfg(feature = "metrics")]
    pub(super) fn label(&self) -> metrics::SharedString {
        metrics::SharedString::from_shared(Arc::clone(&self.0.path))
    }

    /// Counts a message beyond the option `rate_limit`, and logs the first one in a while.
    #[cfg(feature = "rate-limit")]
    pub(crate) fn rate_limited(&self) {
        #[cfg(feature = "metrics")]
        metrics::counter!("ws_rate_limited_total", "endpoint" => self.label()).increment(1);
        if let Some(held_back) = self.0.rate_limited.pass() {
            tracing::info!(
                endpoint = self.path(),
                held_back,
                "a client sent more messages than `rate_limit` allows"
            );
        }
    }

    /// Counts a member of a room that reads too slowly, and logs the first one in a while. `action` is what happens to
    /// it: `close`, or `drop` for a message that it misses.
    pub(crate) fn slow_member(&self, action: &'static str, throttle: &Throttle) {
        #[cfg(feature = "metrics")]
        metrics::counter!("ws_slow_members_total", "action" => action, "endpoint" => self.label())
            .increment(1);
        if let Some(held_back) = throttle.pass() {
            tracing::info!(endpoint = self.path(), action, held_back, "a member of a room reads too slowly");
        }
    }
}

impl Default for Watched {
    fn default() -> Self {
        Self::new("none")
    }
}

/// The counters of one connection. They are looked up with the first message in each direction, as a look-up for each
/// message would cost more than the rest of it.
#[derive(Default)]
pub(crate) struct Meters {
    #[cfg(feature = "metrics")]
    received: OnceLock<Box<Pair>>,
    #[cfg(feature = "metrics")]
    sent: OnceLock<Box<Pair>>,
}

/// A counter of messages, and one of their bytes.
#[cfg(feature = "metrics")]
struct Pair {
    messages: metrics::Counter,
    bytes: metrics::Counter,
}

#[cfg(feature = "metrics")]
impl Pair {
    fn count(&self, bytes: usize) {
        self.messages.increment(1);
        self.bytes.increment(bytes as u64);
    }
}

#[cfg_attr(not(feature = "metrics"), allow(clippy::unused_self))]
impl Meters {
    #[allow(unused_variables)]
    pub(crate) fn received(&self, endpoint: &Watched, bytes: usize) {
        #[cfg(feature = "metrics")]
        self.received
            .get_or_init(|| {
                Box::new(Pair {
                    messages: metrics::counter!("ws_messages_received_total", "endpoint" => endpoint.label()),
                    bytes: metrics::counter!("ws_received_bytes_total", "endpoint" => endpoint.label()),
                })
            })
            .count(bytes);
    }

    #[allow(unused_variables)]
    pub(crate) fn sent(&self, endpoint: &Watched, bytes: usize) {
        #[cfg(feature = "metrics")]
        self.sent
            .get_or_init(|| {
                Box::new(Pair {
                    messages: metrics::counter!("ws_messages_sent_total", "endpoint" => endpoint.label()),
                    bytes: metrics::counter!("ws_sent_bytes_total", "endpoint" => endpoint.label()),
                })
            })
            .count(bytes);
    }
}

/// The part of one connection in the gauge of queued bytes. It ends when it is dropped.
#[derive(Default)]
pub(crate) struct Queued {
    #[cfg(feature = "metrics")]
    gauge: Option<metrics::Gauge>,
    #[cfg(feature = "metrics")]
    bytes: usize,
    /// How much the transport has left of what it was given last, in bytes.
    #[cfg(feature = "metrics")]
    left: usize,
}

#[cfg_attr(not(feature = "metrics"), allow(clippy::unused_self))]
impl Queued {
    /// Records how much the transport has left of what it was given, in bytes.
    #[allow(unused_variables)]
    pub(crate) fn leave(&mut self, left: usize) {
        #[cfg(feature = "metrics")]
        {
            self.left = left;
        }
    }

    /// Records how much waits to be given to the transport, in bytes.
    #[allow(unused_variables)]
    pub(crate) fn set(&mut self, endpoint: &Watched, bytes: usize) {
        #[cfg(feature = "metrics")]
        let bytes = bytes + self.left;
        #[cfg(feature = "metrics")]
        if self.bytes != bytes {
            let gauge = self
                .gauge
                .get_or_insert_with(|| metrics::gauge!("ws_queued_bytes", "endpoint" => endpoint.label()));
            move_by(gauge, self.bytes, bytes);
            self.bytes = bytes;
        }
    }
}

#[cfg(feature = "metrics")]
impl Drop for Queued {
    fn drop(&mut self) {
        if let Some(gauge) = &self.gauge {
            move_by(gauge, self.bytes, 0);
        }
    }
}

#[cfg(feature = "metrics")]
#[allow(clippy::cast_precision_loss, reason = "no backlog has 2^53 bytes")]
fn move_by(gauge: &metrics::Gauge, before: usize, after: usize) {
    if after > before {
        gauge.increment((after - before) as f64);
    } else {
        gauge.decrement((before - after) as f64);
    }
}

/// Measures a handshake, from its request to its answer.
pub(crate) struct HandshakeTimer {
    #[cfg(feature = "metrics")]
    since: std::time::Instant,
}

#[cfg_attr(not(feature = "metrics"), allow(clippy::unused_self))]
impl HandshakeTimer {
    pub(crate) fn start() -> Self {
        Self {
            #[cfg(feature = "metrics")]
            since: std::time::Instant::now(),
        }
    }

    /// Records how long the handshake took. `outcome` is `accepted` or `rejected`.
    #[allow(unused_variables)]
    pub(crate) fn stop(&self, endpoint: &Watched, outcome: &'static str) {
        #[cfg(feature = "metrics")]
        metrics::histogram!("ws_handshake_duration_seconds", "outcome" => outcome, "endpoint" => endpoint.label())
            .record(self.since.elapsed());
    }
}
