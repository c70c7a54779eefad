//! The user's handles: [`WebSocket`], and its halves [`Sender`] and [`Receiver`].

mod connect;
mod payload;
mod receiver;
mod sender;
mod sending;
mod stream;
mod untyped;
mod upgrade;

use std::{fmt, future::Ready, iter::Empty, marker::PhantomData};

use bytes::Bytes;
use serde::Serialize;

use crate::{
    Closed, Decode, Encode, Handshake, IntoClose, Json, Message, SocketError, Utf8Bytes,
    connection::{Attached, Outbox},
    elsewhere::connection_methods,
};

pub use connect::Connection;
pub use payload::{IntoBinary, IntoMessage, IntoText};
pub use receiver::{FromJson, Receiver, RecvFuture};
pub use sender::Sender;
pub use sending::{CloseFuture, SendFuture};
pub use untyped::Untyped;
pub(crate) use upgrade::Acceptance;
pub use upgrade::Upgrade;

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
    receiver: Receiver<In, C>,
    handshake: Handshake,
    subprotocol: Option<Box<str>>,
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
            receiver: Receiver::new(inbox, outbox),
            handshake,
            subprotocol: subprotocol.map(String::into_boxed_str),
            messages: PhantomData,
        }
    }

    fn outbox(&self) -> &Outbox {
        self.receiver.outbox()
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
    pub fn close(&mut self, close: impl IntoClose) -> CloseFuture<'_> {
        CloseFuture::new(self.outbox(), close.into_close())
    }

    /// Waits until the connection is closed, by whichever side, and says how.
    ///
    /// The peer's close stands behind its messages: if the endpoint does not receive them, it is noticed only as far
    /// as the driver reads ahead.
    pub async fn closed(&self) -> Closed {
        self.outbox().wait_closed().await
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
        self.outbox().wait_shutdown().await;
    }

    /// A handle that only sends, to give to other tasks. It does not keep the connection open.
    #[must_use]
    pub fn sender(&self) -> Sender<Out, C> {
        Sender::new(self.outbox().clone())
    }

    /// The two halves, to be used side by side.
    #[must_use]
    pub fn split(self) -> (Sender<Out, C>, Receiver<In, C>) {
        (self.sender(), self.receiver)
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
        let Self { receiver, handshake, subprotocol, messages: PhantomData } = self;
        WebSocket { receiver: receiver.typed(), handshake, subprotocol, messages: PhantomData }
    }
}

/// Messages of the types that the connection has.
impl<In, Out, C> WebSocket<In, Out, C> {
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
    pub fn recv(&mut self) -> RecvFuture<'_, In>
    where
        C: Decode<In>,
    {
        self.receiver.recv()
    }

    /// Sends a message: completes when it is queued, and waits while the send buffer is full (64 KiB by default).
    ///
    /// # Errors
    ///
    /// [`SocketError::Closed`] if the connection is closed, [`SocketError::Encode`] if the message does not serialize.
    pub fn send(&mut self, message: impl IntoMessage<Out>) -> SendFuture<'_, Out>
    where
        C: Encode<Out>,
    {
        SendFuture::encoded::<C>(self.outbox(), message.into_message())
    }

    /// Sends a message that is not compressed, whatever the option [`compression`](crate::Compression) says: one that holds
    /// a secret beside text that others control, whose length would tell them of it.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    #[cfg(feature = "deflate")]
    pub fn send_uncompressed(&mut self, message: impl IntoMessage<Out>) -> SendFuture<'_, Out>
    where
        C: Encode<Out>,
    {
        SendFuture::uncompressed::<C>(self.outbox(), message.into_message())
    }
}

/// Messages of either kind, on a connection whose messages have no type.
impl<In, Out, C> WebSocket<In, Out, C> {
    /// Receives a text message. Cancel-safe.
    ///
    /// # Errors
    ///
    /// As [`recv`](Self::recv), and [`SocketError::ExpectedText`] for a binary message, which is received and gone.
    pub fn recv_text(&mut self) -> RecvFuture<'_, Utf8Bytes>
    where
        In: Untyped,
    {
        self.receiver.recv_text()
    }

    /// Receives a binary message. Cancel-safe.
    ///
    /// # Errors
    ///
    /// As [`recv`](Self::recv), and [`SocketError::ExpectedBinary`] for a text message, which is received and gone.
    pub fn recv_binary(&mut self) -> RecvFuture<'_, Bytes>
    where
        In: Untyped,
    {
        self.receiver.recv_binary()
    }

    /// Receives a text message that is JSON. Cancel-safe.
    ///
    /// # Errors
    ///
    /// As [`recv_text`](Self::recv_text), and [`SocketError::Json`] for a message that is not JSON, not a `T`, or
    /// nested more than 128 levels deep where `T` looks.
    pub fn recv_json<T: FromJson>(&mut self) -> RecvFuture<'_, T>
    where
        In: Untyped,
    {
        self.receiver.recv_json()
    }

    /// Sends a text message; see [`send`](Self::send).
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub fn send_text<T: IntoText>(&mut self, text: T) -> SendFuture<'_, T>
    where
        Out: Untyped,
    {
        SendFuture::text(self.outbox(), text)
    }

    /// Sends a binary message; see [`send`](Self::send).
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub fn send_binary<T: IntoBinary>(&mut self, bytes: T) -> SendFuture<'_, T>
    where
        Out: Untyped,
    {
        SendFuture::binary(self.outbox(), bytes)
    }

    /// Sends `value` as JSON in a text message; see [`send`](Self::send).
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), and [`SocketError::Encode`] if `value` does not serialize.
    pub fn send_json<'a, T: Serialize + ?Sized>(&'a mut self, value: &'a T) -> SendFuture<'a, &'a T>
    where
        Out: Untyped,
    {
        SendFuture::json(self.outbox(), value)
    }
}

/// What other libraries have.
impl<In, Out, C> WebSocket<In, Out, C> {
    connection_methods! {
        In;
        accept(NoAccept), receive(NoRecvMessage), recv_message(NoRecvMessage), read_message(NoRecvMessage),
        next_message(NoRecvMessage), ping(NoPing), pong(NoPing), send_ping(NoPing), on_message(NoIterText, F),
        recv_timeout(NoRecvTimeout, D), on_upgrade(NoOnUpgrade, F),
    }
    connection_methods! {
        In => Option<String>;
        query(NoRequest, N), header(NoRequest, N), cookie(NoRequest, N), query_params(NoRequest), cookies(NoRequest),
        path_params(NoRequest), headers(NoRequest),
    }
    connection_methods! {
        In => Ready<Result<Utf8Bytes, SocketError>>;
        receive_text(NoRecvText), read_text(NoRecvText), recv_str(NoRecvText),
    }
    connection_methods! {
        In => Ready<Result<Bytes, SocketError>>;
        receive_bytes(NoRecvBinary), recv_bytes(NoRecvBinary), receive_binary(NoRecvBinary),
    }
    connection_methods! {
        In => Ready<Result<T, SocketError>>;
        receive_json<T>(NoRecvJson), read_json<T>(NoRecvJson),
    }
    connection_methods! {
        In => Empty<Result<In, SocketError>>;
        iter_text(NoIterText), iter_bytes(NoIterText), iter_json(NoIterText),
    }
    connection_methods! {
        Out => Ready<Result<(), SocketError>>;
        send_bytes(NoSendMessage, M), send_str(NoSendMessage, M), send_message(NoSendMessage, M),
        write_message(NoSendMessage, M), write(NoSendMessage, M), text(NoSendMessage, M), binary(NoSendMessage, M),
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
