//! [`MessagePack`]: values as MessagePack in binary messages.

use std::{borrow::Cow, io};

use rmp_serde::{
    Serializer,
    config::{DefaultConfig, HumanReadableConfig},
    decode::{Deserializer, Error, ReadRefReader},
};
use serde::{
    Deserialize, Serialize,
    de::{DeserializeOwned, IgnoredAny},
};

use super::{
    Decode, Encode,
    describe::{describe, locate, message_field},
};
use crate::{FieldError, InvalidMessage, Loc, Message, SocketError};

/// How deep a message may be nested, as JSON may.
const MAX_DEPTH: usize = 128;

type Values<'a> = Deserializer<ReadRefReader<'a, [u8]>, HumanReadableConfig<DefaultConfig>>;

/// The one byte that begins no value.
const NEVER_USED: u8 = 0xc1;

/// Values as [MessagePack](https://msgpack.org) in binary messages, with feature `msgpack`. Structs are maps with the
/// names of their fields, and whatever has a text in JSON has it here: UUIDs, addresses, timestamps, as clients in other
/// languages write them. A [`Message`] is received and sent as it is.
///
/// ```
/// # use ws_runtime::{MessagePack, Result, WebSocket, websocket};
/// #[derive(serde::Serialize, serde::Deserialize)]
/// struct Point {
///     x: f64,
///     y: f64,
/// }
///
/// #[websocket("/mirror", protocols = ["msgpack"])]
/// async fn mirror(mut ws: WebSocket<Point, Point, MessagePack>) -> Result {
///     loop {
///         let Point { x, y } = ws.recv().await?;
///         ws.send(Point { x: y, y: x }).await?;
///     }
/// }
/// ```
///
/// What is not MessagePack, or is nested more than 128 levels deep, is an [`InvalidMessage`] of type `msgpack_invalid`;
/// what is no `In` is told as by [`Json`](super::Json). Unlike there, an array is taken for a struct, as `rmp-serde` writes them
/// by default, and a map takes the last value of a key that stands twice. `NaN`, infinities and integers of 64 bits arrive as
/// they are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MessagePack;

impl Decode<Message> for MessagePack {
    fn decode(message: Message) -> Result<Message, SocketError> {
        Ok(message)
    }
}

impl Encode<Message> for MessagePack {
    fn encode(message: &Message) -> Result<Cow<'_, Message>, SocketError> {
        Ok(Cow::Borrowed(message))
    }
}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned> Decode<T> for MessagePack {
    fn decode(message: Message) -> Result<T, SocketError> {
        let bytes = message.into_binary()?;
        read(&bytes).map_err(|error| InvalidMessage::from(error).into())
    }
}

#[diagnostic::do_not_recommend]
impl<T: Serialize> Encode<T> for MessagePack {
    fn encode(value: &T) -> Result<Cow<'_, Message>, SocketError> {
        let mut bytes = Vec::new();
        let mut serializer = Serializer::new(&mut bytes).with_struct_map().with_human_readable();
        value.serialize(&mut serializer).map_err(|error| SocketError::Encode(error.into()))?;
        Ok(Cow::Owned(bytes.into()))
    }
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, FieldError> {
    let mut values = values(bytes);
    let value = T::deserialize(&mut values).map_err(|error| {
        let (path, error) = locate::<_, T>(&mut self::values(bytes)).err().unwrap_or((Vec::new(), error));
        fault(path, &error)
    })?;
    match IgnoredAny::deserialize(&mut values) {
        Err(Error::InvalidMarkerRead(end)) if end.kind() == io::ErrorKind::UnexpectedEof => Ok(value),
        _ => Err(invalid("trailing bytes")),
    }
}

fn values(bytes: &[u8]) -> Values<'_> {
    let mut values = Deserializer::from_read_ref(bytes).with_human_readable();
    values.set_max_depth(MAX_DEPTH);
    values
}

fn fault(path: Vec<Loc>, error: &Error) -> FieldError {
    match error {
        Error::Syntax(text) => describe("message", path, text),
        Error::OutOfRange => message_field("value_error", path, "Input should be in range"),
        Error::LengthMismatch(length) => {
            message_field("value_error", path, format!("Input should have {length} elements"))
        }
        Error::TypeMismatch(marker) if marker.to_u8() != NEVER_USED => {
            message_field("value_error", path, "Input is of another type")
        }
        error => invalid(&error.to_string()),
    }
}

fn invalid(what: &str) -> FieldError {
    message_field("msgpack_invalid", [], format!("Invalid MessagePack: {what}"))
}
