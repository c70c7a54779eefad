//! [`TestError`]: the reasons why a handshake did not lead to a connection.

use std::fmt;

use http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;

use crate::{
    CloseError,
    request::{RequestError, close_in_body},
};

/// The reason why a handshake did not lead to a connection.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TestError {
    /// The server refused the handshake over HTTP.
    #[error("refused: {0}")]
    Refused(Box<Refused>),
    /// The request of the test is not valid HTTP, for example because of a space in the path or a line break in a
    /// header.
    #[error("no request: {0}")]
    Request(#[from] http::Error),
    /// The request of [`TestClient::call`](super::TestClient::call) cannot be sent.
    #[error("no request: {0}")]
    Call(RequestError),
    /// The server answered with 101, but violated RFC 6455, section 4.1, or selected no subprotocol although some were
    /// offered. Browsers fail such a connection.
    #[error("browsers fail on the 101: {0}")]
    Violation(&'static str),
    /// The server dropped the connection without a response.
    #[error("no answer")]
    Lost,
}

impl TestError {
    /// Returns the error that the server refused the handshake with, from the code and the reason in the body; see
    /// [`CloseError::from_close`].
    #[must_use]
    pub fn close_of<E: CloseError>(&self) -> Option<E> {
        match self {
            Self::Refused(refused) => close_in_body(refused.body.as_bytes()),
            _ => None,
        }
    }
}

/// The HTTP response that refused a handshake.
#[derive(Debug, Clone)]
pub struct Refused {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: String,
}

impl Refused {
    /// Parses the body as JSON: `{"code":…,"reason":…}`, or `{"detail":[…]}` for parameters.
    ///
    /// # Errors
    ///
    /// Returns an error if the body is not JSON, or not a `T`.
    pub fn json<T: DeserializeOwned>(&self) -> serde_json::Result<T> {
        serde_json::from_str(&self.body)
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.body.as_str() {
            "" => self.status.fmt(f),
            body => write!(f, "{}: {body}", self.status),
        }
    }
}
