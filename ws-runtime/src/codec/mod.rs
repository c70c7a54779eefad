//! The formats that convert between the messages of a connection and values.

mod binary_json;
mod describe;
mod json;
#[cfg(feature = "msgpack")]
mod msgpack;
mod strict;
#[cfg(feature = "garde")]
mod valid;

use std::borrow::Cow;

use crate::{Message, SocketError};

pub use binary_json::BinaryJson;
pub(crate) use describe::describe;
pub use json::Json;
pub(crate) use json::encode_json;
#[cfg(feature = "msgpack")]
pub use msgpack::MessagePack;
#[cfg(feature = "garde")]
pub use valid::Valid;
#[cfg(feature = "garde")]
pub(crate) use valid::broken_rules;

/// A format that reads values of type `T` from messages. It is the third parameter of [`WebSocket`](crate::WebSocket).
///
/// [`Json`] and `MessagePack` (feature `msgpack`) read every type that implements `Deserialize`. Implement this trait
/// for a format of your own:
///
/// ```
/// use std::borrow::Cow;
/// use ws_runtime::{Decode, Encode, InvalidMessage, Message, Result, SocketError, WebSocket, websocket};
///
/// /// One number a message, in text.
/// struct Decimal;
///
/// impl Decode<u64> for Decimal {
///     fn decode(message: Message) -> Result<u64, SocketError> {
///         let text = message.into_text()?;
///         text.parse().map_err(|_| InvalidMessage::new("int_parsing", "Input should be a valid integer").into())
///     }
/// }
///
/// impl Encode<u64> for Decimal {
///     fn encode(value: &u64) -> Result<Cow<'_, Message>, SocketError> {
///         Ok(Cow::Owned(value.to_string().into()))
///     }
/// }
///
/// #[websocket("/double")]
/// async fn double(mut ws: WebSocket<u64, u64, Decimal>) -> Result {
///     loop {
///         let number = ws.recv().await?;
///         ws.send(number.saturating_mul(2)).await?;
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{T}` cannot be read from messages",
    label = "`{T}` cannot be read from messages in the format `{Self}`",
    note = "a type of your own needs `#[derive(serde::Deserialize)]`, one in `Valid<..>` `#[derive(garde::Validate)]` as well",
    note = "or implement `Decode<{T}>` for a format of your own"
)]
pub trait Decode<T> {
    /// Reads a value from a message.
    ///
    /// # Errors
    ///
    /// Returns [`SocketError::ExpectedText`] or [`SocketError::ExpectedBinary`] for the wrong kind of message, and
    /// [`SocketError::Invalid`] for a message that does not contain a `T`.
    fn decode(message: Message) -> Result<T, SocketError>;
}

/// A format that writes values of type `T` to messages; see [`Decode`].
#[diagnostic::on_unimplemented(
    message = "`{T}` cannot be sent as messages",
    label = "`{T}` cannot be sent as messages in the format `{Self}`",
    note = "a type of your own needs `#[derive(serde::Serialize)]`",
    note = "or implement `Encode<{T}>` for a format of your own"
)]
pub trait Encode<T> {
    /// Writes a value to a message.
    ///
    /// # Errors
    ///
    /// Returns [`SocketError::Encode`] if the value cannot be represented in this format.
    fn encode(value: &T) -> Result<Cow<'_, Message>, SocketError>;
}
