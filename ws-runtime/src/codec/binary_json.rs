//! [`BinaryJson`]: values as JSON in binary messages.

use std::borrow::Cow;

use serde::{Serialize, de::DeserializeOwned};

use super::{Decode, Encode, Json, describe::message_field, json::encode_json};
use crate::{InvalidMessage, Message, SocketError, Utf8Bytes};

/// Values as JSON in binary messages, for clients that send and expect it so. A text message is refused as one of the
/// wrong kind. In everything else it behaves as [`Json`].
///
/// ```
/// # use ws_runtime::{BinaryJson, Result, WebSocket, websocket};
/// #[websocket("/sum")]
/// async fn sum(mut ws: WebSocket<Vec<f64>, f64, BinaryJson>) -> Result {
///     loop {
///         let numbers = ws.recv().await?;
///         ws.send(numbers.iter().sum::<f64>()).await?;
///     }
/// }
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BinaryJson;

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned> Decode<T> for BinaryJson {
    fn decode(message: Message) -> Result<T, SocketError> {
        let text = Utf8Bytes::checked(message.into_binary()?);
        let text = text.map_err(|_| {
            InvalidMessage::from(message_field(
                "json_invalid",
                [],
                "Invalid JSON: it is not UTF-8".to_owned(),
            ))
        })?;
        Json::decode(Message::Text(text))
    }
}

#[diagnostic::do_not_recommend]
impl<T: Serialize> Encode<T> for BinaryJson {
    fn encode(value: &T) -> Result<Cow<'_, Message>, SocketError> {
        encode_json(value).map(|text| Cow::Owned(Message::Binary(text.into_bytes().into())))
    }
}
