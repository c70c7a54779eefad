//! [`Json`]: values as JSON in text messages.

use std::borrow::Cow;

use serde::{
    Serialize,
    de::{DeserializeOwned, IgnoredAny},
};

use super::{
    Decode, Encode,
    describe::{describe, locate, message_field},
    strict::{Strict, from_json},
};
use crate::{FieldError, InvalidMessage, Loc, Message, SocketError};

/// Values as JSON in text messages: the format unless another is named. A [`Message`] is received and sent as it is.
///
/// What is not JSON, or is nested more than 128 levels deep where `In` looks, is an [`InvalidMessage`] of type
/// `json_invalid`. What is JSON but no `In` has one of FastAPI's types, at the place where it goes wrong: `missing`,
/// `string_type`, `int_type`, `less_than_equal`, `enum`, `extra_forbidden`, …, or `value_error`. serde stops at the first
/// fault, and does not know the place within an enum that is tagged internally or untagged, nor within
/// `#[serde(flatten)]`.
///
/// An array is no object, though serde would take the fields of a struct from one: it is a `model_type`. A name that stands
/// twice in an object is a `value_error`, for a struct, a map and a [`serde_json::Value`] alike, as readers of JSON differ in
/// which of the two they take. Neither is seen within an untagged enum, nor within the variants of one that is tagged
/// internally, as serde keeps those in a form of its own.
///
/// JSON has no `NaN` and no infinity: `f32` and `f64` send `null` for them, which they do not take back; an `Option<f64>` reads
/// it as `None`. Integers over 2⁵³ arrive whole here and in Python, but JavaScript's `JSON.parse` rounds them: send those as
/// text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Json;

impl Decode<Message> for Json {
    fn decode(message: Message) -> Result<Message, SocketError> {
        Ok(message)
    }
}

impl Encode<Message> for Json {
    fn encode(message: &Message) -> Result<Cow<'_, Message>, SocketError> {
        Ok(Cow::Borrowed(message))
    }
}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned> Decode<T> for Json {
    fn decode(message: Message) -> Result<T, SocketError> {
        let text = message.into_text()?;
        from_json(&text).map_err(|error| {
            // There is no place if a whole value came, and something behind it.
            let (path, error) = locate::<_, T>(Strict(&mut serde_json::Deserializer::from_str(&text)))
                .err()
                .unwrap_or((Vec::new(), error));
            InvalidMessage::from(fault(&text, path, &error)).into()
        })
    }
}

#[diagnostic::do_not_recommend]
impl<T: Serialize> Encode<T> for Json {
    fn encode(value: &T) -> Result<Cow<'_, Message>, SocketError> {
        encode_json(value).map(|text| Cow::Owned(text.into()))
    }
}

fn fault(text: &str, path: Vec<Loc>, error: &serde_json::Error) -> FieldError {
    let message = error.to_string();
    // The deserializer says that syntax is wrong also of a number where an enum is expected, and stops at the first
    // fault, behind which there may be no JSON.
    let syntax = match serde_json::from_str::<IgnoredAny>(text) {
        Err(syntax) if error.is_data() => Some(syntax.to_string()),
        Err(_) => Some(message.clone()),
        Ok(_) => message.starts_with("recursion limit").then(|| message.clone()),
    };
    if let Some(syntax) = syntax {
        return message_field("json_invalid", [], format!("Invalid JSON: {syntax}"));
    }
    let place = format!(" at line {} column {}", error.line(), error.column());
    match message.strip_suffix(&place).unwrap_or(&message) {
        // Where an enum is expected.
        "expected value" => message_field("value_error", path, "Input should be a string or an object"),
        message => describe("message", path, message),
    }
}

pub(crate) fn encode_json<T: Serialize + ?Sized>(value: &T) -> Result<String, SocketError> {
    serde_json::to_string(value).map_err(|error| SocketError::Encode(error.into()))
}
