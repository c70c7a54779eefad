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

/// The maximum depth of nesting in a message, as in JSON.
const MAX_DEPTH: usize = 128;

type Values<'a> = Deserializer<ReadRefReader<'a, [u8]>, HumanReadableConfig<DefaultConfig>>;

/// The only byte that does not begin a value.
const NEVER_USED: u8 = 0xc1;

/// Values as [MessagePack](https://msgpack.org) in binary messages (requires the feature `msgpack`). Structs are maps
/// with the names of their fields. Types that have a text form in JSON use it here, too: UUIDs, addresses and
/// timestamps are written as clients in other languages write them. A [`Message`] is received and sent unchanged.
///
/// ```
/// # use ws_runtime::{MessagePack, Result, WebSocket, websocket};
/// #[derive(serde::Serialize, serde::Deserialize)]
/// struct Point {
///     x: f64,
///     y: f64,
/// }
///
/// #[websocket("/mirror", subprotocols = ["msgpack"])]
/// async fn mirror(mut ws: WebSocket<Point, Point, MessagePack>) -> Result {
///     loop {
///         let Point { x, y } = ws.recv().await?;
///         ws.send(Point { x: y, y: x }).await?;
///     }
/// }
/// ```
///
/// A message that is not MessagePack, or is nested more than 128 levels deep, is an [`InvalidMessage`] of type
/// `msgpack_invalid`; MessagePack that is not an `In` is reported in the same way as by [`Json`](super::Json). Unlike
/// with `Json`, an array is accepted as a struct, because `rmp-serde` writes structs as arrays by default, and a map
/// uses the last value of a repeated key. `NaN`, infinities and integers of 64 bits are preserved.
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
