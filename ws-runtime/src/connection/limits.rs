//! [`Limits`]: the memory and the time that one connection may take.

use std::time::Duration;

#[cfg(feature = "rate-limit")]
use super::read::RateLimit;
use crate::{Close, IntoClose, close::ours, observe::Watched, protocol::Sizes};
#[cfg(feature = "describe")]
use crate::{CloseCode, description::CloseDescription, protocol::Violation};

/// The limits of one connection.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    /// The largest message that is received, in bytes.
    pub(crate) max_message_size: usize,
    /// The largest data frame that is received, in bytes. It is not larger than a message.
    pub(crate) max_frame_size: usize,
    pub(crate) send_buffer: SendBuffer,
    /// How often a ping is sent; `None` for never.
    pub(crate) ping_interval: Option<Duration>,
    /// How long the peer may stay silent after a ping.
    pub(crate) pong_timeout: Duration,
    /// How long the peer may send no message; `None` for no limit.
    pub(crate) idle_timeout: Option<Duration>,
    /// How long the connection may last, unless the endpoint sets another time; `None` for no limit.
    pub(crate) max_lifetime: Option<Duration>,
    /// How long the peer may take nothing of what was sent.
    pub(crate) send_timeout: Duration,
    /// How long the peer has to take what was sent, and to answer our Close frame.
    pub(crate) close_timeout: Duration,
    #[cfg(feature = "rate-limit")]
    pub(crate) rate_limit: Option<RateLimit>,
    /// The endpoint under which logs and metrics count the connection.
    pub(crate) endpoint: Watched,
}

impl Limits {
    pub(super) fn sizes(&self) -> Sizes {
        Sizes { message: self.max_message_size, frame: self.max_frame_size }
    }
}

#[cfg(feature = "describe")]
impl Limits {
    /// Returns the closes that follow from what a peer sends, or does not take. The endpoint has no part in them.
    /// `may_compress` says that messages may be compressed.
    pub(crate) fn closes(&self, may_compress: bool) -> Vec<CloseDescription> {
        let mut closes = vec![
            CloseDescription::new(CloseCode::PROTOCOL_ERROR).docs("A frame breaks the WebSocket protocol."),
            CloseDescription::from(&Violation::Utf8.close()).docs("Text is not UTF-8."),
            CloseDescription::from(&slow_peer())
                .docs("The client took nothing of what it was sent for the `send_timeout`."),
        ];
        #[cfg(feature = "deflate")]
        if may_compress {
            closes.push(
                CloseDescription::from(&Violation::Deflate.close())
                    .docs("A compressed message cannot be decompressed."),
            );
        }
        #[cfg(not(feature = "deflate"))]
        let _ = may_compress;
        let too_big = [
            (self.max_message_size, "A message is larger than the `max_message_size`."),
            (self.max_frame_size, "A frame is larger than the `max_frame_size`."),
        ];
        let different = if self.max_frame_size == self.max_message_size { 1 } else { 2 };
        closes.extend(
            too_big
                .into_iter()
                .take(different)
                .map(|(limit, docs)| CloseDescription::from(&Violation::TooBig(limit).close()).docs(docs)),
        );
        if self.ping_interval.is_some() {
            closes.push(
                CloseDescription::from(&dead_peer())
                    .docs("The client was silent for the `pong_timeout` after a ping."),
            );
        }
        if self.max_lifetime.is_some() {
            let close = CloseDescription::from(&lifetime_over());
            closes.push(close.docs("The connection has lasted for the `max_lifetime`."));
        }
        if let WhenFull::Close(close) = &self.send_buffer.when_full {
            closes.push(
                CloseDescription::from(close)
                    .docs("The client takes what it is sent too slowly: the `send_buffer` is full."),
            );
        }
        for close in &mut closes {
            close.before_accept = false;
        }
        closes
    }
}

/// The longest duration in use, 100 years. It can be added to any point in time, and longer ones are reduced to it.
pub(crate) const MAX_TIMEOUT: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// How long the driver goes on reading after the closing handshake, so that a reset does not destroy our Close frame
/// on its way.
pub(super) const DRAIN_TIMEOUT: Duration = Duration::from_secs(1);

/// How much is read ahead of the endpoint, or of the user of a client: the number of messages, and their bytes.
pub(super) const READ_AHEAD: (usize, usize) = (32, 64 * 1024);

/// How much data may wait to be written on a connection, and what happens to a message that finds no room.
///
/// ```
/// use ws_runtime::{App, SendBuffer};
///
/// // A client that reads too slowly misses messages.
/// let app = App::new().send_buffer(SendBuffer::bytes(256 * 1024).drop_when_full());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendBuffer {
    pub(crate) bytes: usize,
    pub(crate) when_full: WhenFull,
}

/// What happens to a message that finds no room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum WhenFull {
    Wait,
    Drop,
    Close(Close),
}

impl SendBuffer {
    /// Creates a buffer of `bytes` bytes, at least 1. It is full once that many bytes wait, so an empty buffer always
    /// has room for one message. Sending waits for room.
    #[must_use]
    pub fn bytes(bytes: usize) -> Self {
        Self { bytes: bytes.max(1), when_full: WhenFull::Wait }
    }

    /// Drops what a [`Sender`](crate::Sender) sends while the buffer is full. The endpoint itself still waits.
    #[must_use]
    pub fn drop_when_full(self) -> Self {
        Self { when_full: WhenFull::Drop, ..self }
    }

    /// Closes the connection when a [`Sender`](crate::Sender) finds the buffer full. The endpoint itself still waits.
    #[must_use]
    pub fn close_when_full(self, close: impl IntoClose) -> Self {
        Self { when_full: WhenFull::Close(close.into_close()), ..self }
    }
}

impl From<usize> for SendBuffer {
    /// Creates a buffer of so many bytes, in which sending waits for room.
    fn from(bytes: usize) -> Self {
        Self::bytes(bytes)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_message_size: 1024 * 1024,
            max_frame_size: 1024 * 1024,
            send_buffer: SendBuffer::bytes(64 * 1024),
            ping_interval: Some(Duration::from_secs(20)),
            pong_timeout: Duration::from_secs(20),
            idle_timeout: None,
            max_lifetime: None,
            send_timeout: Duration::from_secs(60),
            close_timeout: Duration::from_secs(5),
            #[cfg(feature = "rate-limit")]
            rate_limit: None,
            endpoint: Watched::default(),
        }
    }
}

/// Returns the close for a peer that takes none of the data it is sent. The peer sees it if it reads within the close
/// timeout.
pub(super) fn slow_peer() -> Close {
    ours::TOO_SLOW.close()
}

/// Returns the close for a connection that has lasted for as long as the option `max_lifetime` allows. Clients
/// reconnect after this code.
pub(super) fn lifetime_over() -> Close {
    ours::LIFETIME_OVER.close()
}

/// Returns the close for a peer that does not answer pings.
pub(super) fn dead_peer() -> Close {
    ours::NO_PONG.close()
}
