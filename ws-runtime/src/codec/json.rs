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

/// Values as JSON in text messages. This is the default format; [`BinaryJson`](super::BinaryJson)
/// uses binary messages. A [`Message`] is received and sent unchanged.
///
/// A message that is not JSON, or is nested more than 128 levels deep in a part that `In` reads, is an
/// [`InvalidMessage`] of type `json_invalid`. JSON that is not an `In` has one of FastAPI's types, at the place of the
/// mistake: `missing`, `string_type`, `int_type`, `less_than_equal`, `enum`, `extra_forbidden`, …, or `value_error`.
/// serde stops at the first mistake, and does not know the place within an internally tagged or untagged enum, nor
/// within `#[serde(flatten)]`.
///
/// An array is not accepted as an object, although serde would read the fields of a struct from one: it is a
/// `model_type`. A name that occurs twice in an object is a `value_error`, for structs, maps and [`serde_json::Value`]
/// alike, because JSON parsers differ in which of the two they use. Neither mistake is noticed within an untagged enum
/// or the variants of an internally tagged one, because serde buffers those in its own representation.
///
/// JSON has no `NaN` and no infinity: `f32` and `f64` send `null` for them, which they do not accept in return; an
/// `Option<f64>` reads it as `None`. Integers above 2⁵³ are preserved here and in Python, but JavaScript's `JSON.parse`
/// rounds them: send those as strings.
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
            // There is no place if the value is complete but followed by something else.
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
    // The deserializer also reports a syntax error for a number where an enum is expected, and it stops at the first
    // mistake, after which the text may not be JSON.
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
        // serde_json reports this where an enum is expected.
        "expected value" => message_field("value_error", path, "Input should be a string or an object"),
        message => describe("message", path, message),
    }
}

pub(crate) fn encode_json<T: Serialize + ?Sized>(value: &T) -> Result<String, SocketError> {
    serde_json::to_string(value).map_err(|error| SocketError::Encode(error.into()))
}
