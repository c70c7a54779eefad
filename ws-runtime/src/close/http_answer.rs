//! The HTTP response that a [`Close`](super::Close) becomes when it refuses a handshake.

use std::{fmt, sync::Arc};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use super::CloseCode;

/// The parts of that response that were set explicitly.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct HttpAnswer {
    pub(super) status: Option<StatusCode>,
    pub(crate) headers: HeaderMap,
    /// The contents of the body, if they are not the code and the reason.
    pub(crate) details: Option<Details>,
}

/// The body of that response. JSON is serialized when the response is built.
#[derive(Debug, Clone)]
pub(crate) struct Details(Arc<dyn WriteDetails>);

/// A value that can be serialized as such a body.
pub(crate) trait WriteDetails: fmt::Debug + Send + Sync {
    /// Returns the body, or `None` if it cannot be serialized.
    fn write(&self) -> Option<Vec<u8>>;
}

/// A body of the user's own is sent as it is.
impl WriteDetails for Bytes {
    fn write(&self) -> Option<Vec<u8>> {
        Some(self.to_vec())
    }
}

impl Details {
    pub(super) fn new(details: impl WriteDetails + 'static) -> Self {
        Self(Arc::new(details))
    }

    pub(crate) fn write(&self) -> Option<Vec<u8>> {
        self.0.write()
    }
}

impl PartialEq for Details {
    fn eq(&self, other: &Self) -> bool {
        self.write() == other.write()
    }
}

impl Eq for Details {}

/// Returns the HTTP status with the same meaning as a close code.
pub(super) fn status_of(code: CloseCode) -> StatusCode {
    match code.as_u16() {
        1001 | 1012 | 1013 => StatusCode::SERVICE_UNAVAILABLE,
        1002 | 1007 | 1010 => StatusCode::BAD_REQUEST,
        1003 => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        1009 => StatusCode::PAYLOAD_TOO_LARGE,
        1011 => StatusCode::INTERNAL_SERVER_ERROR,
        1014 => StatusCode::BAD_GATEWAY,
        // 3000, 3003 and 3008 are registered with IANA as Unauthorized, Forbidden and Timeout.
        3000 => StatusCode::UNAUTHORIZED,
        3008 => StatusCode::REQUEST_TIMEOUT,
        _ => StatusCode::FORBIDDEN,
    }
}
