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

#[cfg(feature = "rate-limit")]
pub use error::RateLimited;
pub use error::{Closed, IdleTimeout, PeerClose, SocketError};
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
    outbox: Outbox,
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
            receiver: Receiver::new(inbox, outbox.clone()),
            outbox,
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
    // It has nothing to wait for today; it is async as sending is.
    #[allow(clippy::unused_async)]
    pub async fn close(&mut self, close: impl Into<Close>) -> Result<(), SocketError> {
        self.outbox.close(close.into())
    }

    /// Waits until the connection is closed, by whichever side, and says how.
    ///
    /// The peer's close stands behind its messages: if the endpoint does not receive them, it is noticed only as far
    /// as the driver reads ahead.
    pub async fn closed(&self) -> Closed {
        self.outbox.wait_closed().await
    }

    /// Completes once the server shuts down. An endpoint that waits for it, beside its messages, is given the grace
    /// period to end by itself; all others are closed at once.
    ///
    /// ```
    /// # use ws_runtime::{Close, CloseCode, Result, WebSocket, websocket};
    /// #[websocket("/feed")]
    /// async fn feed(mut ws: WebSocket) -> Result<Close> {
    ///     let sender = ws.sender();
    ///     loop {
    ///         tokio::select! {
    ///             message = ws.recv() => sender.send(message?).await?,
    ///             () = sender.shutdown() => return Ok(Close::new(CloseCode::GOING_AWAY, "see you")),
    ///         }
    ///     }
    /// }
    /// ```
    pub async fn shutdown(&self) {
        self.outbox.wait_shutdown().await;
    }

    /// A handle that only sends, to give to other tasks. It does not keep the connection open.
    #[must_use]
    pub fn sender(&self) -> Sender {
        Sender::new(self.outbox.clone())
    }

    /// The two halves, to be used side by side.
    #[must_use]
    pub fn split(self) -> (Sender, Receiver) {
        (Sender::new(self.outbox), self.receiver)
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

    /// Sends a message: completes when it is queued, and waits while the send buffer is full (64 KiB by default).
    ///
    /// # Errors
    ///
    /// [`SocketError::Closed`] if the connection is closed.
    pub async fn send(&mut self, message: impl Into<Message>) -> Result<(), SocketError> {
        self.outbox.send(&message.into()).await
    }

    /// Sends a text message; see [`send`](Self::send).
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub async fn send_text(&mut self, text: impl AsRef<str>) -> Result<(), SocketError> {
        self.outbox.send_text(text.as_ref()).await
    }

    /// Sends a binary message; see [`send`](Self::send).
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub async fn send_binary(&mut self, bytes: impl AsRef<[u8]>) -> Result<(), SocketError> {
        self.outbox.send_binary(bytes.as_ref()).await
    }

    /// Sends `value` as JSON in a text message; see [`send`](Self::send).
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), and [`SocketError::Encode`] if `value` does not serialize.
    pub async fn send_json<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), SocketError> {
        self.outbox.send_text(&encode_json(value)?).await
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
