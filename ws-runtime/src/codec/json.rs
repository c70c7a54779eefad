//! [`Json`]: values as JSON in text messages.

use std::borrow::Cow;

use serde::{Serialize, de::DeserializeOwned};

use super::{Decode, Encode, InvalidMessage};
use crate::{Loc, Message, SocketError};

/// Values as JSON in text messages: the format unless another is named. A [`Message`] is received and sent as it is.
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

impl<T: DeserializeOwned> Decode<T> for Json {
    fn decode(message: Message) -> Result<T, SocketError> {
        let text = message.into_text()?;
        let mut json = serde_json::Deserializer::from_str(&text);
        let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
            let path = path(error.path());
            describe(path, error.inner())
        })?;
        json.end().map_err(|error| describe(Vec::new(), &error))?;
        Ok(value)
    }
}

impl<T: Serialize> Encode<T> for Json {
    fn encode(value: &T) -> Result<Cow<'_, Message>, SocketError> {
        crate::websocket::encode_json(value).map(|text| Cow::Owned(text.into()))
    }
}

fn path(path: &serde_path_to_error::Path) -> Vec<Loc> {
    use serde_path_to_error::Segment;
    path.iter()
        .filter_map(|segment| match segment {
            Segment::Seq { index } => Some(Loc::Index(*index)),
            Segment::Map { key } => Some(Loc::from(key.clone())),
            Segment::Enum { variant } => Some(Loc::from(variant.clone())),
            Segment::Unknown => None,
        })
        .collect()
}

fn describe(path: Vec<Loc>, error: &serde_json::Error) -> InvalidMessage {
    let message = error.to_string();
    if error.is_data() {
        InvalidMessage::at(path, "value_error", message)
    } else {
        InvalidMessage::new("json_invalid", message)
    }
}
