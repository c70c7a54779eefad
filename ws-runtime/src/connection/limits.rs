//! [`Limits`]: what one connection may take, in memory and in time.

use std::time::Duration;

#[cfg(feature = "rate-limit")]
use super::read::RateLimit;
use crate::{Close, CloseCode, IntoClose, protocol::Sizes};

/// The limits of one connection.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    /// The largest message that is received, in bytes.
    pub(crate) max_message_size: usize,
    /// The largest data frame that is received, in bytes; not larger than a message.
    pub(crate) max_frame_size: usize,
    pub(crate) send_buffer: SendBuffer,
    /// How often a ping goes out; `None` for never.
    pub(crate) ping_interval: Option<Duration>,
    /// How long the peer may stay silent after a ping.
    pub(crate) pong_timeout: Duration,
    /// How long the peer may send no message; `None` for ever.
    pub(crate) idle_timeout: Option<Duration>,
    /// How long the peer may take nothing of what was sent.
    pub(crate) send_timeout: Duration,
    /// How long the peer has to take what was sent, and to answer our Close frame.
    pub(crate) close_timeout: Duration,
    #[cfg(feature = "rate-limit")]
    pub(crate) rate_limit: Option<RateLimit>,
}

impl Limits {
    pub(super) fn sizes(&self) -> Sizes {
        Sizes { message: self.max_message_size, frame: self.max_frame_size }
    }
}

/// What a longer time is taken for: it may be added to any point in time, and nobody sees it pass.
pub(crate) const EVER: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// How long we go on reading after the closing handshake, so that a reset does not destroy our Close frame on its
/// way.
pub(super) const DRAIN_TIMEOUT: Duration = Duration::from_secs(1);

/// How much is read ahead of the endpoint, or of the user of a client: messages, and their bytes.
pub(super) const READ_AHEAD: (usize, usize) = (32, 64 * 1024);

/// How much may wait to be written on a connection, and what becomes of a message that finds no room.
///
/// ```
/// use ws_runtime::{App, SendBuffer};
///
/// // Whoever reads too slowly misses messages.
/// let app = App::new().send_buffer(SendBuffer::bytes(256 * 1024).drop_when_full());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendBuffer {
    pub(crate) bytes: usize,
    pub(crate) when_full: WhenFull,
}

/// What becomes of a message that finds no room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum WhenFull {
    Wait,
    Drop,
    Close(Close),
}

impl SendBuffer {
    /// A buffer of so many bytes, 1 at least; it is full once that many wait, so one message always finds room in an
    /// empty one. Sending waits for room.
    #[must_use]
    pub fn bytes(bytes: usize) -> Self {
        Self { bytes: bytes.max(1), when_full: WhenFull::Wait }
    }

    /// What a [`Sender`](crate::Sender) sends while the buffer is full is dropped. The endpoint itself still waits.
    #[must_use]
    pub fn drop_when_full(self) -> Self {
        Self { when_full: WhenFull::Drop, ..self }
    }

    /// A [`Sender`](crate::Sender) that finds the buffer full closes the connection. The endpoint itself still
    /// waits.
    #[must_use]
    pub fn close_when_full(self, close: impl IntoClose) -> Self {
        Self { when_full: WhenFull::Close(close.into_close()), ..self }
    }
}

impl From<usize> for SendBuffer {
    /// A buffer of so many bytes; sending waits for room.
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
            send_timeout: Duration::from_secs(60),
            close_timeout: Duration::from_secs(5),
            #[cfg(feature = "rate-limit")]
            rate_limit: None,
        }
    }
}

/// The close of a peer that takes nothing of what it is sent. It gets to see it if it reads within the time to close.
pub(super) fn slow_peer() -> Close {
    Close::new(CloseCode::TRY_AGAIN_LATER, "too slow")
}

/// The close of a peer that does not answer pings.
pub(super) fn dead_peer() -> Close {
    Close::new(CloseCode::INTERNAL_ERROR, "keepalive ping timeout")
}
