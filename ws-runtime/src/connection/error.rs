//! [`ConnectionError`]: why a connection cannot send or receive a message.

use crate::Closed;

/// An error in sending or receiving a message. The handles turn it into a [`SocketError`](crate::SocketError).
#[derive(Debug)]
pub(crate) enum ConnectionError {
    Closed(Closed),
    /// There is no room for the message.
    Full,
    /// The peer has sent no message for `idle_timeout`.
    Idle,
    /// The message exceeds `rate_limit`.
    #[cfg(feature = "rate-limit")]
    RateLimited,
}
