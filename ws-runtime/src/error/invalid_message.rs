//! [`InvalidMessage`]: a message that does not have the expected type.

use std::{borrow::Cow, fmt};

use serde::{Serialize, Serializer};

use crate::{
    Close, CloseCode, CloseError, Closes, FieldError, IntoCloseCode, ValidationError,
    description::CloseDescription,
};

/// A message that cannot be parsed, does not have the type that the connection receives, or breaks the rules of that
/// type. It closes with 1007, with a reason such as `[{"type":"missing","loc":["message","text"]}]`.
///
/// [`recv`](crate::WebSocket::recv) reports it as [`SocketError::Invalid`](crate::SocketError::Invalid), and the
/// endpoint may go on receiving. If the endpoint returns the error instead, it is dispatched as an `InvalidMessage`, to
/// a handler of that type if there is one:
///
/// ```
/// use ws_runtime::{App, CloseError, ErrorContext, InvalidMessage};
///
/// let app = App::new().on_error(async |error: InvalidMessage, cx: ErrorContext| {
///     let _ = cx.send_json(&error).await; // {"detail":[{"type":…,"loc":…,"msg":…,"input":null}]}
///     error.close()
/// });
/// ```
///
/// A place or a message may repeat what the peer sent: the name of a field that it made up, or a value that your type
/// quotes in its error. `Display` and `Debug`, which end up in logs, therefore show only the kinds of the errors;
/// [`explain`](Self::explain) returns the text for the peer.
#[derive(Clone, PartialEq, Eq)]
pub struct InvalidMessage(ValidationError);

impl InvalidMessage {
    /// Creates an error that concerns the message as a whole; `kind` is its `type` in JSON.
    pub fn new(kind: impl Into<Cow<'static, str>>, msg: impl Into<String>) -> Self {
        Self::at([], kind, msg)
    }

    /// Creates an error at a place within the message, given as the names and indices that lead there.
    pub fn at(
        path: impl IntoIterator<Item = crate::Loc>,
        kind: impl Into<Cow<'static, str>>,
        msg: impl Into<String>,
    ) -> Self {
        let loc = std::iter::once("message".into()).chain(path).collect();
        Self::from(FieldError { kind: kind.into(), loc, msg: msg.into(), input: None, quotes: false })
    }

    /// Returns the errors of the message. The place of each is `message`, followed by the names and indices within.
    #[must_use]
    pub fn errors(&self) -> &[FieldError] {
        self.0.errors()
    }

    /// Returns what is wrong and where, for the peer to read: `text: Field required`, or without a place `Invalid JSON:
    /// expected value at line 1 column 1`.
    ///
    /// ```
    /// use ws_runtime::InvalidMessage;
    ///
    /// let error = InvalidMessage::at(["seats".into(), 2.into()], "int_type", "Input should be a valid integer");
    /// assert_eq!(error.explain(), "seats.2: Input should be a valid integer");
    /// assert_eq!(error.to_string(), "invalid message: int_type");
    /// ```
    #[must_use]
    pub fn explain(&self) -> String {
        let explained = self.errors().iter().map(|error| {
            let place: Vec<String> = error.loc.iter().skip(1).map(ToString::to_string).collect();
            match place.join(".") {
                place if place.is_empty() => error.msg.clone(),
                place => format!("{place}: {}", error.msg),
            }
        });
        explained.collect::<Vec<_>>().join("; ")
    }

    /// Returns a close with the given code whose reason contains as many errors as fit, as JSON; see
    /// [`ValidationError::to_close`].
    #[must_use]
    pub fn to_close(&self, code: impl IntoCloseCode) -> Close {
        self.0.to_close(code)
    }
}

impl CloseError for InvalidMessage {
    fn close(&self) -> Close {
        self.to_close(CloseCode::INVALID_FRAME_PAYLOAD_DATA)
    }

    fn closes(closes: &mut Closes) {
        let close = CloseDescription::new(CloseCode::INVALID_FRAME_PAYLOAD_DATA);
        closes.push(
            close.docs(
                "A message does not have the expected type. The reason is JSON that says what is wrong.",
            ),
        );
    }
}

impl From<ValidationError> for InvalidMessage {
    fn from(errors: ValidationError) -> Self {
        Self(errors)
    }
}

impl From<FieldError> for InvalidMessage {
    fn from(error: FieldError) -> Self {
        let mut errors = ValidationError::new();
        errors.push(error);
        Self(errors)
    }
}

impl std::error::Error for InvalidMessage {}

/// Shows the kinds of the errors, and nothing that the peer sent.
impl fmt::Display for InvalidMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("invalid message")?;
        for (index, error) in self.errors().iter().enumerate() {
            f.write_str(if index == 0 { ": " } else { ", " })?;
            f.write_str(&error.kind)?;
        }
        Ok(())
    }
}

/// Shows the same as [`Display`](fmt::Display), because errors that contain this one are logged in their `Debug` form.
impl fmt::Debug for InvalidMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds: Vec<&str> = self.errors().iter().map(|error| &*error.kind).collect();
        f.debug_tuple("InvalidMessage").field(&kinds).finish()
    }
}

/// Serializes like a [`ValidationError`].
impl Serialize for InvalidMessage {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}
