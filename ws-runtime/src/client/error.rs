//! [`ClientError`] and [`ConnectError`]: the errors of a client.

use std::fmt;

use super::Ended;
use crate::{CloseError, SocketError, observe, request::RequestError};

/// The reason why a message could not be received or sent.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The connection ended, and the client will not reconnect. Further calls return the same error.
    #[error(transparent)]
    Closed(Ended),
    /// A received message does not have the expected type, or a message to be sent could not be serialized. The
    /// connection stays open.
    #[error(transparent)]
    Message(SocketError),
    /// The send buffer has no room for a message of [`try_send`](super::ClientSender::try_send), which does not wait.
    #[error("the send buffer is full")]
    Full,
}

impl ClientError {
    /// Returns how the last connection ended, if this error reports that.
    #[must_use]
    pub fn ended(&self) -> Option<&Ended> {
        match self {
            Self::Closed(ended) => Some(ended),
            Self::Message(_) | Self::Full => None,
        }
    }

    /// Returns the error that the server closed the connection with; see [`Ended::close_of`].
    #[must_use]
    pub fn close_of<E: CloseError>(&self) -> Option<E> {
        self.ended()?.close_of()
    }
}

impl ConnectError {
    /// Returns the error that the server refused the connection with; see [`Ended::close_of`].
    #[must_use]
    pub fn close_of<E: CloseError>(&self) -> Option<E> {
        match self {
            Self::Failed(ended) => ended.close_of(),
            _ => None,
        }
    }
}

/// The reason why a client could not be created.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The URL cannot be used to open a WebSocket (RFC 6455, section 3).
    #[error(transparent)]
    Url(UnusableUrl),
    /// The scheme of the URL is `wss`, but the feature `client-tls` is disabled.
    /// Contains the URL without its query, which may be a secret.
    #[error(
        "`{0}` needs the feature `client-tls` of `ws-runtime`, or a transport of your own by `connect_with`"
    )]
    NoTls(String),
    /// The request of [`ClientBuilder::call`](super::ClientBuilder::call) cannot be sent.
    #[error(transparent)]
    Request(RequestError),
    /// A header, cookie or subprotocol cannot be sent.
    #[error("the header `{0}` cannot be sent")]
    Header(String),
    /// The server refused the connection, or could not be reached.
    #[error(transparent)]
    Failed(#[from] Ended),
}

/// A URL that cannot be used, and why. It holds the URL without its query, its fragment and its user, because these may
/// be secrets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the URL `{url}` cannot be used: {problem}; write one such as `ws://127.0.0.1:8000/chat`")]
pub struct UnusableUrl {
    url: String,
    problem: &'static str,
}

/// The largest part of a URL that an error contains, in bytes.
const MAX_URL: usize = 200;

impl UnusableUrl {
    pub(super) fn new(url: &str, problem: &'static str) -> Self {
        let url = url.split(['?', '#']).next().unwrap_or_default();
        let (scheme, rest) = url.split_once("://").map_or(("", url), |(scheme, rest)| (scheme, rest));
        let authority = &rest[..rest.find('/').unwrap_or(rest.len())];
        // What comes before the `@` is the user.
        let rest = authority.rfind('@').map_or(rest, |at| &rest[at + 1..]);
        let url = if scheme.is_empty() { rest.to_owned() } else { format!("{scheme}://{rest}") };
        Self { url: observe::brief(&url, MAX_URL).into_owned(), problem }
    }
}

/// Prints the same as `Display`, because `fn main() -> Result<(), ConnectError>` prints its error in its `Debug` form,
/// and people read it.
impl fmt::Debug for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Prints the same as `Display`, for the same reason as [`ConnectError`].
impl fmt::Debug for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
