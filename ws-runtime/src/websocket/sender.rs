//! [`Sender`]: the half of a connection that sends, and that other tasks may have a clone of.

use std::task::{Context, Poll};

use serde::Serialize;

use super::{Closed, Message, SocketError};
use crate::{Close, connection::Outbox};

/// Sends on a connection, from any task. Clones send on the same connection, in the order of their calls.
///
/// It does not keep the connection open: once the endpoint has returned, every call is
/// [`SocketError::Closed`].
#[derive(Debug, Clone)]
pub struct Sender {
    outbox: Outbox,
}

impl Sender {
    pub(super) fn new(outbox: Outbox) -> Self {
        Self { outbox }
    }

    pub(super) fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<Result<(), SocketError>> {
        self.outbox.poll_room(cx)
    }

    pub(super) fn start_send(&self, message: &Message) -> Result<(), SocketError> {
        self.outbox.try_push(message)
    }

    pub(super) fn start_close(&self, close: Close) -> Result<(), SocketError> {
        self.outbox.close(close)
    }

    /// Sends a message. While the send buffer is full it waits, or drops the message, or closes the connection, as the
    /// option [`send_buffer`](crate::SendBuffer) says.
    ///
    /// # Errors
    ///
    /// [`SocketError::Closed`] if the connection is closed.
    pub async fn send(&self, message: impl Into<Message>) -> Result<(), SocketError> {
        let message = message.into();
        self.outbox.send_by_policy(&message).await
    }

    /// Sends a message if there is room for it now.
    ///
    /// # Errors
    ///
    /// [`SocketError::Full`] if the send buffer is full, [`SocketError::Closed`] if the connection is closed.
    pub fn try_send(&self, message: impl Into<Message>) -> Result<(), SocketError> {
        self.outbox.try_push(&message.into())
    }

    /// Sends a text message; see [`WebSocket::send`](super::WebSocket::send).
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub async fn send_text(&self, text: impl AsRef<str>) -> Result<(), SocketError> {
        self.outbox.send_by_policy(&Message::from(text.as_ref())).await
    }

    /// Sends a binary message; see [`WebSocket::send`](super::WebSocket::send).
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub async fn send_binary(&self, bytes: impl AsRef<[u8]>) -> Result<(), SocketError> {
        self.outbox.send_by_policy(&Message::from(bytes.as_ref())).await
    }

    /// Sends `value` as JSON in a text message; see [`WebSocket::send`](super::WebSocket::send).
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), and [`SocketError::Encode`] if `value` does not serialize.
    pub async fn send_json<T: Serialize + ?Sized>(&self, value: &T) -> Result<(), SocketError> {
        self.outbox.send_by_policy(&Message::from(encode_json(value)?)).await
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

pub(crate) fn encode_json<T: Serialize + ?Sized>(value: &T) -> Result<String, SocketError> {
    serde_json::to_string(value).map_err(SocketError::Encode)
}
