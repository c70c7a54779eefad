//! The user's handles: [`WebSocket`], and its halves [`Sender`] and [`Receiver`].

mod error;
mod message;
mod receiver;
mod sender;
mod stream;

use std::{fmt, marker::PhantomData};

use bytes::Bytes;
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    Close, Connection, Handshake, Upgrade,
    connection::{Attached, Outbox},
};

pub use error::{Closed, PeerClose, SocketError};
pub use message::{Message, Utf8Bytes};
pub use receiver::Receiver;
pub use sender::Sender;
pub(crate) use sender::encode_json;

/// An open connection, in the hands of its endpoint.
///
/// It is a handle: a driver owns the socket, answers pings, and takes note of the peer's close while the endpoint
/// does something else. The connection ends when the endpoint's function returns, whatever is left of its handles.
///
/// `In` and `Out` are the types of its messages.
///
/// ```
/// # use ws_runtime::{Message, Result, WebSocket, websocket};
/// #[websocket("/echo")]
/// async fn echo(mut ws: WebSocket) -> Result {
///     loop {
///         // The client leaving is an error that ends the endpoint quietly.
///         let message = ws.recv().await?;
///         ws.send(message).await?;
///     }
/// }
/// ```
pub struct WebSocket<In = Message, Out = In> {
    sender: Sender,
    receiver: Receiver,
    handshake: Handshake,
    subprotocol: Option<String>,
    messages: PhantomData<fn(Out) -> In>,
}

impl<In, Out> WebSocket<In, Out> {
    pub(crate) fn new(
        inbox: Attached,
        outbox: Outbox,
        handshake: Handshake,
        subprotocol: Option<String>,
    ) -> Self {
        Self {
            sender: Sender::new(outbox.clone()),
            receiver: Receiver::new(inbox, outbox),
            handshake,
            subprotocol,
            messages: PhantomData,
        }
    }

    /// The subprotocol that was agreed on (RFC 6455, section 1.9).
    #[must_use]
    pub fn subprotocol(&self) -> Option<&str> {
        self.subprotocol.as_deref()
    }

    /// The opening handshake.
    #[must_use]
    pub fn handshake(&self) -> &Handshake {
        &self.handshake
    }

    /// Sends a Close frame behind every message that was sent. The endpoint may go on to do other things; the peer
    /// hears nothing more.
    ///
    /// # Errors
    ///
    /// [`SocketError::Closed`] if the connection is closed already, by either side: the first close stands.
    pub async fn close(&mut self, close: impl Into<Close>) -> Result<(), SocketError> {
        self.sender.close(close).await
    }

    /// Waits until the connection is closed, by whichever side, and says how.
    ///
    /// The peer's close stands behind its messages: if the endpoint does not receive them, it is noticed only as far
    /// as the driver reads ahead.
    pub async fn closed(&self) -> Closed {
        self.sender.closed().await
    }

    /// A handle that only sends, to give to other tasks. It does not keep the connection open.
    #[must_use]
    pub fn sender(&self) -> Sender {
        self.sender.clone()
    }

    /// The two halves, to be used side by side.
    #[must_use]
    pub fn split(self) -> (Sender, Receiver) {
        (self.sender, self.receiver)
    }
}

impl WebSocket {
    /// Receives the next message.
    ///
    /// Cancel-safe: in `select!` or under a timeout no message is lost.
    ///
    /// # Errors
    ///
    /// [`SocketError::Closed`] once the connection is closed and the messages before the close are received.
    pub async fn recv(&mut self) -> Result<Message, SocketError> {
        self.receiver.recv().await
    }

    /// Receives a text message. Cancel-safe.
    ///
    /// # Errors
    ///
    /// As [`recv`](Self::recv), and [`SocketError::ExpectedText`] for a binary message, which is received and gone.
    pub async fn recv_text(&mut self) -> Result<String, SocketError> {
        self.receiver.recv_text().await
    }

    /// Receives a binary message. Cancel-safe.
    ///
    /// # Errors
    ///
    /// As [`recv`](Self::recv), and [`SocketError::ExpectedBinary`] for a text message, which is received and gone.
    pub async fn recv_binary(&mut self) -> Result<Bytes, SocketError> {
        self.receiver.recv_binary().await
    }

    /// Receives a text message that is JSON. Cancel-safe.
    ///
    /// # Errors
    ///
    /// As [`recv_text`](Self::recv_text), and [`SocketError::Json`] for a message that is not JSON, not a `T`, or
    /// nested more than 128 levels deep.
    pub async fn recv_json<T: DeserializeOwned>(&mut self) -> Result<T, SocketError> {
        self.receiver.recv_json().await
    }

    /// Sends a message: completes when it is queued, and waits while 64 KiB are queued before it.
    ///
    /// # Errors
    ///
    /// [`SocketError::Closed`] if the connection is closed.
    pub async fn send(&mut self, message: impl Into<Message>) -> Result<(), SocketError> {
        self.sender.send(message).await
    }

    /// Sends a text message; see [`send`](Self::send).
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub async fn send_text(&mut self, text: impl AsRef<str>) -> Result<(), SocketError> {
        self.sender.send_text(text).await
    }

    /// Sends a binary message; see [`send`](Self::send).
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub async fn send_binary(&mut self, bytes: impl AsRef<[u8]>) -> Result<(), SocketError> {
        self.sender.send_binary(bytes).await
    }

    /// Sends `value` as JSON in a text message; see [`send`](Self::send).
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), and [`SocketError::Encode`] if `value` does not serialize.
    pub async fn send_json<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), SocketError> {
        self.sender.send_json(value).await
    }
}

/// Accepts the connection before the endpoint's body runs.
impl<In, Out> Connection for WebSocket<In, Out> {
    async fn open(upgrade: Upgrade) -> Result<Self, SocketError> {
        upgrade.open().await
    }
}

impl<In, Out> fmt::Debug for WebSocket<In, Out> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebSocket")
            .field("endpoint", &self.handshake.endpoint().name())
            .field("subprotocol", &self.subprotocol)
            .finish_non_exhaustive()
    }
}
