//! [`TestError`]: a handshake without a connection.

use std::fmt;

use http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;

/// Why a handshake did not end in a connection.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TestError {
    /// The server refused it by HTTP.
    #[error("refused: {0}")]
    Refused(Box<Refused>),
    /// The test asked for what no request can hold: a path with a space, a header with a line break.
    #[error("no request: {0}")]
    Request(#[from] http::Error),
    /// The server answered 101, but not as RFC 6455, section 4.1, demands, or with no subprotocol where some were offered.
    /// Browsers fail such a connection.
    #[error("browsers fail on the 101: {0}")]
    Violation(&'static str),
    /// The server dropped the connection without an answer.
    #[error("no answer")]
    Lost,
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
    /// The body as JSON: `{"code":…,"reason":…}`, or `{"detail":[…]}` for parameters.
    ///
    /// # Errors
    ///
    /// The body is not JSON, or not a `T`.
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
