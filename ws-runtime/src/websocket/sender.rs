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
        self.outbox.push(message)
    }

    pub(super) fn start_close(&self, close: Close) -> Result<(), SocketError> {
        self.outbox.close(close)
    }

    /// Sends a message; see [`WebSocket::send`](super::WebSocket::send).
    ///
    /// # Errors
    ///
    /// [`SocketError::Closed`] if the connection is closed.
    pub async fn send(&self, message: impl Into<Message>) -> Result<(), SocketError> {
        let message = message.into();
        self.outbox.send(&message).await
    }

    /// Sends a text message; see [`WebSocket::send`](super::WebSocket::send).
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub async fn send_text(&self, text: impl AsRef<str>) -> Result<(), SocketError> {
        self.outbox.send_text(text.as_ref()).await
    }

    /// Sends a binary message; see [`WebSocket::send`](super::WebSocket::send).
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub async fn send_binary(&self, bytes: impl AsRef<[u8]>) -> Result<(), SocketError> {
        self.outbox.send_binary(bytes.as_ref()).await
    }

    /// Sends `value` as JSON in a text message; see [`WebSocket::send`](super::WebSocket::send).
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), and [`SocketError::Encode`] if `value` does not serialize.
    pub async fn send_json<T: Serialize + ?Sized>(&self, value: &T) -> Result<(), SocketError> {
        let json = encode_json(value)?;
        self.outbox.send_text(&json).await
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

    /// Waits until the connection is closed, by whichever side, and says how.
    pub async fn closed(&self) -> Closed {
        self.outbox.wait_closed().await
    }
}

pub(crate) fn encode_json<T: Serialize + ?Sized>(value: &T) -> Result<String, SocketError> {
    serde_json::to_string(value).map_err(SocketError::Encode)
}
