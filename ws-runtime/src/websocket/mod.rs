//! The handles of a connection: [`WebSocket`], and its halves [`Sender`] and [`Receiver`].

mod connect;
mod io;
mod messages;
mod payload;
mod receiver;
mod sender;
mod sending;
mod stream;
mod untyped;
mod upgrade;

use std::{fmt, future::Ready, iter::Empty, marker::PhantomData, time::Duration};

use bytes::Bytes;
use serde::Serialize;

use crate::{
    Closed, ConnectionId, Decode, Encode, Handshake, IntoClose, Json, Message, SocketError, Utf8Bytes,
    connection::{Attached, Outbox},
    elsewhere::connection_methods,
};

pub use connect::Connection;
pub use io::WebSocketIo;
pub use messages::Messages;
pub use payload::{IntoBinary, IntoMessage, IntoText};
pub use receiver::{FromJson, Receiver, RecvFuture};
pub use sender::Sender;
pub use sending::{CloseFuture, SendFuture};
pub use untyped::Untyped;
pub(crate) use upgrade::Acceptance;
pub use upgrade::Upgrade;

/// An open connection, as its endpoint uses it.
///
/// This is a handle: a driver task owns the socket, answers pings, and notices when the peer closes even while the
/// endpoint is busy. The connection ends when the endpoint's function returns, even if handles to it still exist.
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
/// `In` is the type of the messages that the endpoint receives, `Out` the type of those it sends, and `C` their format,
/// by default [`Json`]. A `String` is therefore a JSON string, `"hi"` with its quotes; use
/// [`recv_text`](Self::recv_text) to receive plain text.
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
/// A message that does not have this type is an [`InvalidMessage`](crate::InvalidMessage). An endpoint that should not
/// end because of it can report it and go on:
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
/// `MessagePack` (feature `msgpack`) is another format, and [`Decode`] and [`Encode`] let you define your own.
/// `Valid<In>` (feature `garde`) also checks the values, and reports all rules that a message breaks at once.
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

    /// Returns the subprotocol that was agreed on (RFC 6455, section 1.9).
    #[must_use]
    pub fn subprotocol(&self) -> Option<&str> {
        self.subprotocol.as_deref()
    }

    /// Returns the number of the connection, which no other connection of this process has.
    #[must_use]
    pub fn id(&self) -> ConnectionId {
        self.handshake.connection_id()
    }

    /// Returns the opening handshake.
    #[must_use]
    pub fn handshake(&self) -> &Handshake {
        &self.handshake
    }

    /// Returns how long the last ping was on its way to the peer and back, or `None` before the first pong. Pings are
    /// sent every 20 seconds by default: see the option [`ping_interval`](crate::App::ping_interval).
    ///
    /// The time begins when the transport has taken the ping, and includes what the peer needs to answer.
    #[must_use]
    pub fn rtt(&self) -> Option<Duration> {
        self.outbox().rtt()
    }

    /// Sends a Close frame after all messages that were sent before. The endpoint may continue to run, but nothing more
    /// reaches the peer.
    ///
    /// # Errors
    ///
    /// Returns [`SocketError::Closed`] if either side has closed the connection already: the first close stands.
    pub fn close(&mut self, close: impl IntoClose) -> CloseFuture<'_> {
        CloseFuture::new(self.outbox(), close.into_close())
    }

    /// Closes the connection at this time, such as when the session or the token ends with which the client
    /// authenticated. Calling it again moves the time, earlier or later, and replaces the close: a session that is
    /// renewed goes on. It also replaces the time that follows from the option [`max_lifetime`](crate::App::max_lifetime).
    ///
    /// The close follows everything that was sent before, and the endpoint sees it as [`Closed::Local`]. A time that has
    /// passed closes at once. On a connection that is closed already, this has no effect.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use ws_runtime::{Close, Result, WebSocket, close_code, websocket};
    /// # use tokio::time::Instant;
    /// # async fn renew(_token: &str) -> Option<Duration> { None }
    /// #[websocket("/feed")]
    /// async fn feed(mut ws: WebSocket) -> Result {
    ///     let expired = || Close::new(close_code!(3000), "token expired");
    ///     ws.expires_at(Instant::now() + Duration::from_secs(15 * 60), expired());
    ///     loop {
    ///         let token = ws.recv_text().await?;
    ///         if let Some(valid_for) = renew(&token).await {
    ///             ws.expires_at(Instant::now() + valid_for, expired());
    ///         }
    ///     }
    /// }
    /// ```
    ///
    /// The time is an [`Instant`](tokio::time::Instant) of tokio or of std.
    pub fn expires_at(&self, at: impl Into<tokio::time::Instant>, close: impl IntoClose) {
        self.outbox().expire_at(at.into(), close.into_close());
    }

    /// Waits until either side closes the connection, and returns how it was closed.
    ///
    /// The peer's Close frame follows its messages. If the endpoint does not receive these, the close is only noticed
    /// if it is within what the driver reads ahead.
    pub async fn closed(&self) -> Closed {
        self.outbox().wait_closed().await
    }

    /// Completes once the server shuts down. An endpoint that waits for this in addition to its messages, or has done
    /// so within the last 5 seconds, is given the grace period to end by itself. All other endpoints are closed at
    /// once.
    ///
    /// ```
    /// # use ws_runtime::{Close, CloseCode, Result, WebSocket, websocket};
    /// #[websocket("/feed")]
    /// async fn feed(mut ws: WebSocket) -> Result<Close> {
    ///     let sender = ws.sender();
    ///     loop {
    ///         tokio::select! {
    ///             message = ws.recv() => sender.send(message?).await?,
    ///             () = sender.shutdown_started() => return Ok(Close::new(CloseCode::GOING_AWAY, "see you")),
    ///         }
    ///     }
    /// }
    /// ```
    pub async fn shutdown_started(&self) {
        self.outbox().wait_shutdown().await;
    }

    /// Returns a handle that only sends, for use in other tasks. It does not keep the connection open.
    #[must_use]
    pub fn sender(&self) -> Sender<Out, C> {
        Sender::new(self.outbox().clone())
    }

    /// Splits the connection into its two halves, which can be used concurrently.
    #[must_use]
    pub fn split(self) -> (Sender<Out, C>, Receiver<In, C>) {
        (self.sender(), self.receiver)
    }

    /// Converts the connection to one with messages of other types, for an endpoint that accepts its [`Upgrade`]
    /// itself.
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

/// Messages of the connection's types.
impl<In, Out, C> WebSocket<In, Out, C> {
    /// Receives the next message.
    ///
    /// This method is cancel-safe: no message is lost if it is used in `select!` or under a timeout.
    ///
    /// # Errors
    ///
    /// Returns [`SocketError::Closed`] once the connection is closed. Messages that the peer sent before it closed,
    /// disappeared or broke a rule are returned first; once our side has closed of its own accord, no more messages are
    /// returned.
    ///
    /// On a typed connection, returns [`SocketError::Invalid`] for a message that is not an `In`, and
    /// [`SocketError::ExpectedText`] for one of the wrong kind, such as a binary message where JSON is expected. That
    /// message is discarded, and the endpoint may go on.
    pub fn recv(&mut self) -> RecvFuture<'_, In>
    where
        C: Decode<In>,
    {
        self.receiver.recv()
    }

    /// Sends a message. The future completes when the message is queued, and waits while the send buffer is full (64
    /// KiB by default).
    ///
    /// # Errors
    ///
    /// Returns [`SocketError::Closed`] if the connection is closed, and [`SocketError::Encode`] if the message cannot
    /// be serialized.
    pub fn send(&mut self, message: impl IntoMessage<Out>) -> SendFuture<'_, Out>
    where
        C: Encode<Out>,
    {
        SendFuture::encoded::<C>(self.outbox(), message.into_message())
    }

    /// Sends a message without compression, regardless of the option [`compression`](crate::Compression). Use it for a
    /// message that contains a secret next to text that others control: the compressed length could reveal the secret
    /// to them.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`send`](Self::send).
    #[cfg(feature = "deflate")]
    pub fn send_uncompressed(&mut self, message: impl IntoMessage<Out>) -> SendFuture<'_, Out>
    where
        C: Encode<Out>,
    {
        SendFuture::uncompressed::<C>(self.outbox(), message.into_message())
    }
}

/// Text and binary messages, on a connection without typed messages.
impl<In, Out, C> WebSocket<In, Out, C> {
    /// Receives a text message. This method is cancel-safe.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`recv`](Self::recv), and [`SocketError::ExpectedText`] for a binary message, which
    /// is discarded.
    pub fn recv_text(&mut self) -> RecvFuture<'_, Utf8Bytes>
    where
        In: Untyped,
    {
        self.receiver.recv_text()
    }

    /// Receives a binary message. This method is cancel-safe.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`recv`](Self::recv), and [`SocketError::ExpectedBinary`] for a text message, which
    /// is discarded.
    pub fn recv_binary(&mut self) -> RecvFuture<'_, Bytes>
    where
        In: Untyped,
    {
        self.receiver.recv_binary()
    }

    /// Receives a text message and parses it as JSON. This method is cancel-safe.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`recv_text`](Self::recv_text), and [`SocketError::Invalid`] for a message that is
    /// not JSON, is not a `T`, or is nested more than 128 levels deep in a part that `T` reads.
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
    /// Returns the same errors as [`send`](Self::send).
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
    /// Returns the same errors as [`send`](Self::send).
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
    /// Returns the same errors as [`send`](Self::send), and [`SocketError::Encode`] if `value` cannot be serialized.
    pub fn send_json<'a, T: Serialize + ?Sized>(&'a mut self, value: &'a T) -> SendFuture<'a, &'a T>
    where
        Out: Untyped,
    {
        SendFuture::json(self.outbox(), value)
    }
}

/// Methods that users of other libraries may look for.
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
        iter_bytes(NoIterText),
    }
    connection_methods! {
        Out => Ready<Result<(), SocketError>>;
        send_bytes(NoSendMessage, M), send_str(NoSendMessage, M), send_message(NoSendMessage, M),
        write_message(NoSendMessage, M), write(NoSendMessage, M), text(NoSendMessage, M), binary(NoSendMessage, M),
    }
}

/// The connection is accepted before the endpoint's body runs.
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
