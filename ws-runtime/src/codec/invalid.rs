//! [`InvalidMessage`]: a message that is not of the type that is expected.

use std::{borrow::Cow, fmt};

use serde::{Serialize, Serializer};

use crate::{Close, CloseCode, CloseError, FieldError, ValidationError};

/// A message that does not parse, or not as the type that the connection receives. Closes 1007, with a reason such as
/// `[{"type":"missing","loc":["message","text"]}]`.
///
/// [`recv`](crate::WebSocket::recv) reports it as [`SocketError::Invalid`](crate::SocketError::Invalid), and the
/// endpoint may go on receiving. If it leaves the endpoint instead, it is dispatched as an `InvalidMessage`, to a
/// handler of that type if there is one:
///
/// ```
/// use ws_runtime::{App, CloseError, ErrorContext, InvalidMessage};
///
/// let app = App::new().on_error(async |error: InvalidMessage, cx: ErrorContext| {
///     let _ = cx.send_json(&error).await; // {"detail":[{"type":…,"loc":…,"msg":…,"input":null}]}
///     error.close()
/// });
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidMessage(ValidationError);

impl InvalidMessage {
    /// An error that concerns the message as a whole; `kind` is its `type` in JSON.
    pub fn new(kind: impl Into<Cow<'static, str>>, msg: impl Into<String>) -> Self {
        Self::at([], kind, msg)
    }

    /// An error at a place within the message: the names and indices that lead there.
    pub fn at(
        path: impl IntoIterator<Item = crate::Loc>,
        kind: impl Into<Cow<'static, str>>,
        msg: impl Into<String>,
    ) -> Self {
        let mut errors = ValidationError::new();
        let loc = std::iter::once("message".into()).chain(path).collect();
        // What was received is nobody's but the endpoint's: it is neither sent back nor logged.
        errors.push(FieldError { kind: kind.into(), loc, msg: msg.into(), input: None });
        Self(errors)
    }

    /// What is wrong with the message, each with its place: `message`, and the names and indices within.
    #[must_use]
    pub fn errors(&self) -> &[FieldError] {
        self.0.errors()
    }

    /// A close with the given code, whose reason is what fits of the errors as JSON; see
    /// [`ValidationError::to_close`].
    #[must_use]
    pub fn to_close(&self, code: CloseCode) -> Close {
        self.0.to_close(code)
    }
}

impl CloseError for InvalidMessage {
    fn close(&self) -> Close {
        self.to_close(CloseCode::INVALID_FRAME_PAYLOAD_DATA)
    }
}

impl From<ValidationError> for InvalidMessage {
    fn from(errors: ValidationError) -> Self {
        Self(errors)
    }
}

impl std::error::Error for InvalidMessage {}

impl fmt::Display for InvalidMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// As a [`ValidationError`].
impl Serialize for InvalidMessage {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}
