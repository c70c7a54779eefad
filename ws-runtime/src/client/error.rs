//! [`ClientError`] and [`ConnectError`]: what goes wrong with a client.

use std::fmt;

use super::Ended;
use crate::SocketError;

/// Why a message could not be received or sent.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The connection ended, and there will be no other: what comes next is the same error again.
    #[error(transparent)]
    Closed(Ended),
    /// A message that was received is not of the type that is expected, or one to be sent does not serialize. The
    /// connection is none the worse for it.
    #[error(transparent)]
    Message(SocketError),
    /// There is no room in the send buffer, for a [`try_send`](super::ClientSender::try_send) that does not wait.
    #[error("the send buffer is full")]
    Full,
}

impl ClientError {
    /// How the last connection ended, if that is what this says.
    #[must_use]
    pub fn ended(&self) -> Option<&Ended> {
        match self {
            Self::Closed(ended) => Some(ended),
            Self::Message(_) | Self::Full => None,
        }
    }
}

/// Why there is no client.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The URL is none that a WebSocket can be opened with (RFC 6455, section 3).
    // Without the URL: its query may be a secret.
    #[error("the URL cannot be used: {0}; write one such as `ws://127.0.0.1:8000/chat`")]
    Url(&'static str),
    /// A URL with `wss`, without the feature `client-tls`.
    #[error(
        "`wss` needs the feature `client-tls` of `ws-runtime`, or a transport of your own by `connect_with`"
    )]
    NoTls,
    /// A header, cookie or subprotocol that cannot be sent.
    #[error("the header `{0}` cannot be sent")]
    Header(String),
    /// The server refused, or could not be reached.
    #[error(transparent)]
    Failed(#[from] Ended),
}

/// As `Display`: `fn main() -> Result<(), ConnectError>` prints its error so, and people read it there.
impl fmt::Debug for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// As `Display`, for the same reason.
impl fmt::Debug for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
