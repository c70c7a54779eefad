//! [`ConnectionError`]: why a connection takes a message, or gives one, no more or not now.

use crate::Closed;

/// Why a message is not received or not sent. Handles make a [`SocketError`](crate::SocketError) of it.
#[derive(Debug)]
pub(crate) enum ConnectionError {
    Closed(Closed),
    /// There is no room for what is sent.
    Full,
    /// The peer has sent no message for `idle_timeout`.
    Idle,
    /// The message is one more than `rate_limit` allows.
    #[cfg(feature = "rate-limit")]
    RateLimited,
}
