//! The user's handles: [`WebSocket`], and its halves [`Sender`] and [`Receiver`].

mod error;
mod payload;
mod receiver;
mod sender;
mod stream;

use std::{fmt, marker::PhantomData};

use bytes::Bytes;
use serde::{Serialize, de::DeserializeOwned};

#[cfg(feature = "deflate")]
use crate::protocol::Payload;
use crate::{
    Close, Closed, Connection, Decode, Encode, Handshake, Json, Message, Upgrade, Utf8Bytes,
    connection::{Attached, Outbox},
    protocol::Opcode,
};

#[cfg(feature = "rate-limit")]
pub use error::RateLimited;
pub use error::{IdleTimeout, SocketError};
pub(crate) use payload::Sendable;
pub use payload::{IntoBinary, IntoText};
pub use receiver::Receiver;
pub use sender::Sender;
pub(crate) use sender::encode_json;

/// An open connection, in the hands of its endpoint.
///
/// It is a handle: a driver owns the socket, answers pings, and takes note of the peer's close while the endpoint
/// does something else. The connection ends when the endpoint's function returns, whatever is left of its handles.
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
///
/// # Typed messages
///
/// `In` is the type of what it receives, `Out` of what it sends, `C` their format: [`Json`] unless another is named. A
/// `String` then is a string of JSON, `"hi"` with its quotes; plain text is received by [`recv_text`](Self::recv_text).
///
/// ```
/// # use ws_runtime::{Result, WebSocket, websocket};
/// #[derive(serde::Deserialize)]
/// struct Question {
///     text: String,
/// }
///
/// #[derive(serde::Serialize)]
/// struct Answer {
///     length: usize,
/// }
///
/// #[websocket("/ask")]
/// async fn ask(mut ws: WebSocket<Question, Answer>) -> Result {
///     loop {
///         // `{"text": 5}` is an `InvalidMessage`: 1007 `[{"type":"string_type","loc":["message","text"]}]`.
///         let question = ws.recv().await?;
///         ws.send(Answer { length: question.text.len() }).await?;
///     }
/// }
/// ```
///
/// A message that is not of the type is an [`InvalidMessage`](crate::InvalidMessage). An endpoint that does not want to
/// end over it says so and goes on:
///
/// ```
/// # use ws_runtime::{Result, SocketError, WebSocket, websocket};
/// #[websocket("/sum")]
/// async fn sum(mut ws: WebSocket<Vec<f64>, String>) -> Result {
///     loop {
///         match ws.recv().await {
///             Ok(numbers) => ws.send(numbers.iter().sum::<f64>().to_string()).await?,
///             Err(SocketError::Invalid(error)) => ws.send(error.explain()).await?, // 1: Input should be a valid number
///             Err(error) => return Err(error.into()),
///         }
///     }
/// }
/// ```
///
/// `MessagePack` (feature `msgpack`) is another format, [`Decode`] and [`Encode`] make one of your own. `Valid<In>` (feature
/// `garde`) checks the values too: every rule that a message breaks is told at once.
pub struct WebSocket<In = Message, Out = In, C = Json> {
    outbox: Outbox,
    receiver: Receiver<In, C>,
    handshake: Handshake,
    subprotocol: Option<String>,
    messages: PhantomData<fn(Out) -> C>,
}

impl<In, Out, C> WebSocket<In, Out, C> {
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
    /// period to end by itself, and so is one that has waited within the last 5 seconds; all others are closed at once.
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
    pub fn sender(&self) -> Sender<Out, C> {
        Sender::new(self.outbox.clone())
    }

    /// The two halves, to be used side by side.
    #[must_use]
    pub fn split(self) -> (Sender<Out, C>, Receiver<In, C>) {
        (Sender::new(self.outbox), self.receiver)
    }

    /// The same connection with messages of other types, for an endpoint that accepts its [`Upgrade`] itself.
    ///
    /// ```
    /// # use ws_runtime::{Result, Upgrade, WebSocket, websocket};
    /// #[websocket("/numbers")]
    /// async fn numbers(upgrade: Upgrade) -> Result {
    ///     let mut ws: WebSocket<f64> = upgrade.accept().await?.typed();
    ///     let number = ws.recv().await?;
    ///     ws.send(number.sqrt()).await?;
    ///     Ok(())
    /// }
    /// ```
    #[must_use]
    pub fn typed<I, O, D>(self) -> WebSocket<I, O, D> {
        let Self { outbox, receiver, handshake, subprotocol, messages: PhantomData } = self;
        WebSocket { outbox, receiver: receiver.typed(), handshake, subprotocol, messages: PhantomData }
    }
}

impl<In, Out, C: Decode<In>> WebSocket<In, Out, C> {
    /// Receives the next message.
    ///
    /// Cancel-safe: in `select!` or under a timeout no message is lost.
    ///
    /// # Errors
    ///
    /// [`SocketError::Closed`] once the connection is closed. What the peer sent before it closed, left or broke a rule is
    /// received first; once our side has closed of its own accord, nothing more is.
    ///
    /// A typed connection reports a message that is no `In` as [`SocketError::Invalid`], and one of the wrong kind, such
    /// as binary where JSON is expected, as [`SocketError::ExpectedText`]; that message is gone, and the endpoint may go
    /// on.
    pub async fn recv(&mut self) -> Result<In, SocketError> {
        self.receiver.recv().await
    }
}

impl<In, Out, C: Encode<Out>> WebSocket<In, Out, C> {
    /// Sends a message: completes when it is queued, and waits while the send buffer is full (64 KiB by default).
    ///
    /// # Errors
    ///
    /// [`SocketError::Closed`] if the connection is closed, [`SocketError::Encode`] if the message does not serialize.
    pub async fn send(&mut self, message: impl Into<Out>) -> Result<(), SocketError> {
        let message = message.into();
        let encoded = C::encode(&message)?;
        self.outbox.send(&encoded).await
    }

    /// Sends a message that is not compressed, whatever the option [`compression`](crate::Compression) says: one that holds
    /// a secret beside text that others control, whose length would tell them of it.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    #[cfg(feature = "deflate")]
    pub async fn send_uncompressed(&mut self, message: impl Into<Out>) -> Result<(), SocketError> {
        let message = message.into();
        let encoded = C::encode(&message)?;
        let (opcode, payload) = Payload::plain(&encoded);
        self.outbox.send_data(opcode, payload).await
    }
}

impl WebSocket {
    /// Receives a text message. Cancel-safe.
    ///
    /// # Errors
    ///
    /// As [`recv`](Self::recv), and [`SocketError::ExpectedText`] for a binary message, which is received and gone.
    pub async fn recv_text(&mut self) -> Result<Utf8Bytes, SocketError> {
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
    /// nested more than 128 levels deep where `T` looks.
    pub async fn recv_json<T: DeserializeOwned>(&mut self) -> Result<T, SocketError> {
        self.receiver.recv_json().await
    }

    /// Sends a text message; see [`send`](Self::send).
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub async fn send_text(&mut self, text: impl IntoText) -> Result<(), SocketError> {
        self.outbox.send_data(Opcode::Text, Sendable::text(text).payload()).await
    }

    /// Sends a binary message; see [`send`](Self::send).
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub async fn send_binary(&mut self, bytes: impl IntoBinary) -> Result<(), SocketError> {
        self.outbox.send_data(Opcode::Binary, Sendable::binary(bytes).payload()).await
    }

    /// Sends `value` as JSON in a text message; see [`send`](Self::send).
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), and [`SocketError::Encode`] if `value` does not serialize.
    pub async fn send_json<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), SocketError> {
        self.send_text(encode_json(value)?).await
    }
}

/// Accepts the connection before the endpoint's body runs.
impl<In, Out, C> Connection for WebSocket<In, Out, C> {
    fn open(upgrade: Upgrade) -> impl Future<Output = Result<Self, SocketError>> + Send {
        upgrade.open()
    }
}

impl<In, Out, C> fmt::Debug for WebSocket<In, Out, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebSocket")
            .field("endpoint", &self.handshake.endpoint().name())
            .field("subprotocol", &self.subprotocol)
            .finish_non_exhaustive()
    }
}
