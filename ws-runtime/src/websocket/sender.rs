//! [`Sender`]: the half of a connection that sends, and that other tasks may have a clone of.

use std::{fmt, marker::PhantomData};

use serde::Serialize;

use super::{IntoBinary, IntoText, Sendable, SocketError};
use crate::{
    Close, Closed, Encode, Json, Message,
    connection::Outbox,
    protocol::{Opcode, Payload},
};

/// Sends on a connection, from any task. Clones send on the same connection, in the order of their calls.
///
/// It does not keep the connection open: once the endpoint has returned, every call is
/// [`SocketError::Closed`].
///
/// `Out` is the type of its messages, `C` their format.
pub struct Sender<Out = Message, C = Json> {
    outbox: Outbox,
    messages: PhantomData<fn(Out) -> C>,
}

impl<Out, C> Sender<Out, C> {
    pub(super) fn new(outbox: Outbox) -> Self {
        Self { outbox, messages: PhantomData }
    }

    pub(crate) fn into_outbox(self) -> Outbox {
        self.outbox
    }

    pub(super) fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// Sends a Close frame behind every message that was sent.
    ///
    /// # Errors
    ///
    /// [`SocketError::Closed`] if the connection is closed already, by either side: the first close stands.
    // It has nothing to wait for today; it is async as sending is.
    #[allow(clippy::unused_async)]
    pub async fn close(&self, close: impl Into<Close>) -> Result<(), SocketError> {
        self.outbox.close(close.into())
    }

    /// Completes once the server shuts down; see [`WebSocket::shutdown`](super::WebSocket::shutdown).
    pub async fn shutdown(&self) {
        self.outbox.wait_shutdown().await;
    }

    /// Waits until the connection is closed, by whichever side, and says how.
    pub async fn closed(&self) -> Closed {
        self.outbox.wait_closed().await
    }
}

impl<Out, C: Encode<Out>> Sender<Out, C> {
    /// Sends a message. While the send buffer is full it waits, or drops the message, or closes the connection, as the
    /// option [`send_buffer`](crate::SendBuffer) says.
    ///
    /// # Errors
    ///
    /// [`SocketError::Closed`] if the connection is closed, [`SocketError::Encode`] if the message does not serialize.
    pub async fn send(&self, message: impl Into<Out>) -> Result<(), SocketError> {
        let message = message.into();
        let encoded = C::encode(&message)?;
        let (opcode, payload) = Payload::of(&encoded);
        self.outbox.send_by_policy(opcode, payload).await
    }

    /// Sends a message that is not compressed; see
    /// [`WebSocket::send_uncompressed`](super::WebSocket::send_uncompressed).
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    #[cfg(feature = "deflate")]
    pub async fn send_uncompressed(&self, message: impl Into<Out>) -> Result<(), SocketError> {
        let message = message.into();
        let encoded = C::encode(&message)?;
        let (opcode, payload) = Payload::plain(&encoded);
        self.outbox.send_by_policy(opcode, payload).await
    }

    /// Sends a message if there is room for it now.
    ///
    /// # Errors
    ///
    /// [`SocketError::Full`] if the send buffer is full, else as [`send`](Self::send).
    pub fn try_send(&self, message: impl Into<Out>) -> Result<(), SocketError> {
        self.outbox.try_push(&*C::encode(&message.into())?)
    }
}

impl Sender {
    /// Sends a text message; see [`WebSocket::send`](super::WebSocket::send).
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub async fn send_text(&self, text: impl IntoText) -> Result<(), SocketError> {
        self.outbox.send_by_policy(Opcode::Text, Sendable::text(text).payload()).await
    }

    /// Sends a binary message; see [`WebSocket::send`](super::WebSocket::send).
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub async fn send_binary(&self, bytes: impl IntoBinary) -> Result<(), SocketError> {
        self.outbox.send_by_policy(Opcode::Binary, Sendable::binary(bytes).payload()).await
    }

    /// Sends `value` as JSON in a text message; see [`WebSocket::send`](super::WebSocket::send).
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), and [`SocketError::Encode`] if `value` does not serialize.
    pub async fn send_json<T: Serialize + ?Sized>(&self, value: &T) -> Result<(), SocketError> {
        self.send_text(encode_json(value)?).await
    }
}

impl<Out, C> Clone for Sender<Out, C> {
    fn clone(&self) -> Self {
        Self::new(self.outbox.clone())
    }
}

impl<Out, C> fmt::Debug for Sender<Out, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").field("outbox", &self.outbox).finish()
    }
}

pub(crate) fn encode_json<T: Serialize + ?Sized>(value: &T) -> Result<String, SocketError> {
    serde_json::to_string(value).map_err(|error| SocketError::Encode(error.into()))
}
