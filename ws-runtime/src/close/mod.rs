//! [`Close`]: the end of a connection, as a code and a reason.

mod arguments;
mod code;
mod http_answer;
mod into_close;
pub(crate) mod ours;
mod reason;

use std::{borrow::Cow, time::Duration};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;

pub use arguments::{IntoCloseCode, IntoReason, IntoStatus};
#[cfg(any(feature = "client", feature = "schema"))]
pub(crate) use code::is_transient;
pub use code::{CloseCode, InvalidCloseCode};
use http_answer::Details;
pub(crate) use http_answer::{HttpAnswer, WriteDetails};
pub use into_close::IntoClose;
pub use reason::CloseReason;

/// The end of a connection: a [`CloseCode`] and a [`CloseReason`], and the HTTP response that replaces them while the
/// handshake can still be refused.
///
/// It converts into [`Error`](crate::Error), so an endpoint can return it as an error:
///
/// ```
/// # use ws_runtime::{Close, CloseCode, Handshake, Result};
/// async fn session(handshake: &Handshake) -> Result<String> {
///     let cookie = handshake.cookie("session");
///     let Some(session) = cookie else {
///         return Err(Close::new(CloseCode::POLICY_VIOLATION, "Session cookie missing"))?;
///     };
///     Ok(session.to_owned())
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Close {
    code: CloseCode,
    reason: CloseReason,
    /// Boxed, because most closes never become HTTP responses.
    http: Option<Box<HttpAnswer>>,
}

impl Close {
    /// Creates a close with a code and a reason. A reason of more than 123 bytes is cut at a character boundary.
    pub fn new(code: impl IntoCloseCode, reason: impl IntoReason) -> Self {
        Self { code: code.into_code(), reason: reason.into_reason(), http: None }
    }

    /// Creates a close with code 1011 and the fixed reason `internal server error`, so that no internals reach the
    /// client.
    #[must_use]
    pub fn internal_error() -> Self {
        ours::INTERNAL.close()
    }

    /// Creates a close whose reason is `value` as JSON, or `{"truncated":true}` if that is longer than 123 bytes or
    /// cannot be serialized. The reason is therefore always valid JSON.
    pub fn json(code: impl IntoCloseCode, value: impl Serialize) -> Self {
        let json = serde_json::to_string(&value).ok().filter(|json| json.len() <= CloseReason::MAX_LEN);
        Self::new(code, json.map_or(Cow::Borrowed(r#"{"truncated":true}"#), Cow::Owned))
    }

    /// Sets the HTTP status that refuses the handshake under [`Rejection::Http`](crate::Rejection::Http), in place of
    /// the one that follows from the code: a [`StatusCode`] or its number, from 400 to 599. This has no effect on an
    /// accepted connection.
    ///
    /// ```
    /// # use ws_runtime::{Close, CloseCode};
    /// let close = Close::new(CloseCode::POLICY_VIOLATION, "payment required").with_status(402);
    /// ```
    ///
    /// # Panics
    ///
    /// Panics if the status is not 4xx or 5xx, because only these refuse a handshake. Check a status that comes from
    /// elsewhere before.
    #[must_use]
    #[track_caller]
    pub fn with_status(mut self, status: impl IntoStatus) -> Self {
        let (number, status) = status.into_status();
        let status = status.filter(|status| status.is_client_error() || status.is_server_error());
        assert!(status.is_some(), "status {number} does not refuse a handshake: use one from 400 to 599");
        self.http.get_or_insert_default().status = status;
        self
    }

    /// Sets the body of that HTTP response and its `Content-Type`, in place of `{"code":…,"reason":…}` or the details of
    /// a [`ValidationError`](crate::ValidationError). This has no effect on an accepted connection.
    ///
    /// ```
    /// # use ws_runtime::{Close, CloseCode};
    /// let close = Close::new(CloseCode::POLICY_VIOLATION, "no such tenant")
    ///     .with_status(404)
    ///     .with_body("application/problem+json", r#"{"title":"no such tenant","status":404}"#);
    /// ```
    ///
    /// # Panics
    ///
    /// Panics if the content type cannot be the value of a header, because it contains a line break, for example.
    #[must_use]
    #[track_caller]
    pub fn with_body(mut self, content_type: impl AsRef<str>, body: impl Into<Bytes>) -> Self {
        let content_type = content_type.as_ref();
        let Ok(value) = HeaderValue::from_str(content_type) else {
            panic!("{content_type:?} cannot be the value of `Content-Type`");
        };
        let http = self.http.get_or_insert_default();
        http.headers.insert(header::CONTENT_TYPE, value);
        http.details = Some(Details::new(body.into()));
        self
    }

    /// Sets the header `Retry-After` of that HTTP response: in how much time the client should try again, in whole
    /// seconds, rounded up. The [client](crate#features) of this crate waits that long, and so do many others. This has
    /// no effect on an accepted connection.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use ws_runtime::{Close, CloseCode};
    /// let close = Close::new(CloseCode::TRY_AGAIN_LATER, "too many connections of this user")
    ///     .with_status(429)
    ///     .with_retry_after(Duration::from_secs(30));
    /// ```
    #[must_use]
    pub fn with_retry_after(mut self, time: Duration) -> Self {
        let seconds = time.as_secs().saturating_add(u64::from(time.subsec_nanos() > 0));
        self.http.get_or_insert_default().headers.insert(header::RETRY_AFTER, seconds.into());
        self
    }

    /// Adds a header to the HTTP response that refuses the handshake under
    /// [`Rejection::Http`](crate::Rejection::Http), such as `WWW-Authenticate`.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.http.get_or_insert_default().headers.append(name, value);
        self
    }

    /// Sets the JSON body of that HTTP response, in place of `{"code":…,"reason":…}`. It is serialized when the
    /// response is built.
    pub(crate) fn with_details(mut self, details: impl WriteDetails + 'static) -> Self {
        self.http.get_or_insert_default().details = Some(Details::new(details));
        self
    }

    /// Returns the code.
    #[must_use]
    pub fn code(&self) -> CloseCode {
        self.code
    }

    /// Returns the reason, which has at most 123 bytes.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// Returns the status of the HTTP response that refuses the handshake: the one set by
    /// [`with_status`](Self::with_status), or else the one that follows from the code.
    ///
    /// | code | status |
    /// |---|---|
    /// | 1002, 1007, 1010 | 400 |
    /// | 1003 | 415 |
    /// | 1009 | 413 |
    /// | 1001, 1012, 1013 | 503 |
    /// | 1011 | 500 |
    /// | 1014 | 502 |
    /// | 3000 (Unauthorized) | 401 |
    /// | 3008 (Timeout) | 408 |
    /// | all others, 1008 and 3003 (Forbidden) among them | 403 |
    #[must_use]
    pub fn status(&self) -> StatusCode {
        let status = self.http.as_ref().and_then(|http| http.status);
        status.unwrap_or_else(|| http_answer::status_of(self.code))
    }

    /// Removes what only an HTTP response would contain.
    pub(crate) fn without_http(mut self) -> Self {
        self.http = None;
        self
    }

    pub(crate) fn take_http(&mut self) -> HttpAnswer {
        self.http.take().map(|http| *http).unwrap_or_default()
    }
}

impl From<CloseCode> for Close {
    /// Creates a close without a reason.
    fn from(code: CloseCode) -> Self {
        Self::new(code, "")
    }
}

impl std::fmt::Display for Close {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.reason() {
            "" => write!(f, "close code {}", self.code),
            reason => write!(f, "close code {}: {reason}", self.code),
        }
    }
}
