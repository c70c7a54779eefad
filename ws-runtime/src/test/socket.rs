//! [`TestSocket`]: the client's end of a connection.

use std::{
    borrow::Cow,
    fmt,
    future::Future,
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::{HeaderMap, header};
use hyper::upgrade::Upgraded;
use serde::Serialize;
use tokio::sync::{mpsc, oneshot, watch};

use super::pump::{Command, Pump};
use crate::{
    Close, Closed, Decode, Encode, FromJson, IntoBinary, IntoClose, IntoMessage, IntoText, Json, Message,
    SocketError, Untyped, Utf8Bytes,
    codec::encode_json,
    protocol::{Deflater, Inflater},
};

/// The client's end of a connection, returned by [`TestRequest::connect`](super::TestRequest::connect).
///
/// A separate task reads, answers pings and answers the server's Close frame, as a browser does while a script is busy.
/// The connection of a test that sleeps therefore stays alive; [`pause`](Self::pause) simulates a client that hangs.
/// Messages are kept until they are received, without a limit. Dropping the socket ends the connection without a Close
/// frame.
///
/// `In` is the type of the messages that the test receives, `Out` the type of those it sends, and `C` their format. No
/// method has a timeout: where a server may remain silent, use `tokio::time::timeout`.
pub struct TestSocket<In = Message, Out = In, C = Json> {
    link: Link,
    headers: HeaderMap,
    messages: PhantomData<fn(Out, C) -> In>,
}

/// The connection to the task, which does not depend on the types of messages.
struct Link {
    commands: mpsc::UnboundedSender<Command>,
    inbox: mpsc::UnboundedReceiver<Message>,
    closed: watch::Receiver<Option<Closed>>,
    /// The Close frame that the test sent.
    closing: Option<Close>,
    pings: u64,
}

impl TestSocket {
    pub(super) fn open(io: Upgraded, headers: HeaderMap, compression: Option<(Deflater, Inflater)>) -> Self {
        let (commands, commanded) = mpsc::unbounded_channel();
        let (received, inbox) = mpsc::unbounded_channel();
        let (state, closed) = watch::channel(None);
        tokio::spawn(Pump::new(io, commanded, received, state).with_compression(compression));
        let link = Link { commands, inbox, closed, closing: None, pings: 0 };
        Self { link, headers, messages: PhantomData }
    }
}

impl<In, Out, C> TestSocket<In, Out, C> {
    /// Converts the connection to one with messages of other types.
    ///
    /// ```no_run
    /// # use serde::{Deserialize, Serialize};
    /// # use ws_runtime::{TestClient, TestError};
    /// # #[derive(Serialize)] struct Question { text: &'static str }
    /// # #[derive(Deserialize)] struct Answer { length: usize }
    /// # async fn test(client: TestClient) -> Result<(), Box<dyn std::error::Error>> {
    /// let mut ws = client.get("/ask").connect().await?.typed::<Answer, Question>();
    /// ws.send(Question { text: "how long?" }).await?;
    /// assert_eq!(ws.recv().await?.length, 9);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn typed<I, O>(self) -> TestSocket<I, O, C> {
        self.with_format()
    }

    /// Converts the connection to one with messages of other types, in another format.
    #[must_use]
    pub fn with_format<I, O, D>(self) -> TestSocket<I, O, D> {
        let Self { link, headers, messages: PhantomData } = self;
        TestSocket { link, headers, messages: PhantomData }
    }

    /// Returns the headers of the 101 response.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Returns the subprotocol that the server selected.
    #[must_use]
    pub fn subprotocol(&self) -> Option<&str> {
        self.headers.get(header::SEC_WEBSOCKET_PROTOCOL).and_then(|subprotocol| subprotocol.to_str().ok())
    }

    /// Stops reading, like a client that hangs: messages pile up, and pings are not answered.
    pub fn pause(&mut self) {
        // If the connection is over, nothing is read anyway.
        let _ = self.link.commands.send(Command::Read(false));
    }

    /// Resumes reading after [`pause`](Self::pause).
    pub fn resume(&mut self) {
        let _ = self.link.commands.send(Command::Read(true));
    }

    /// Sends a ping and waits for its pong.
    ///
    /// # Errors
    ///
    /// Returns [`SocketError::Closed`] if the connection is closed, or closes before the pong arrives.
    pub async fn ping(&mut self) -> Result<(), SocketError> {
        self.link.ping().await
    }

    /// Sends a Close frame. [`closed`](Self::closed) waits for the server's answer.
    ///
    /// # Errors
    ///
    /// Returns [`SocketError::Closed`] if either side has closed the connection already.
    pub fn close(&mut self, close: impl IntoClose) -> TestSendFuture<'_> {
        let close = close.into_close();
        TestSendFuture(Box::pin(self.link.close(close)))
    }

    /// Waits until the server has closed the connection, and returns how it did. Messages that arrived before can still
    /// be received.
    ///
    /// [`Closed::Peer`] contains the server's code and reason. [`Closed::Local`] means that the test
    /// [closed](Self::close) the connection and the server has answered. [`Closed::Lost`] means that the connection
    /// ended without a Close frame, which browsers report as 1006.
    pub async fn closed(&mut self) -> Closed {
        match self.link.closed.wait_for(Option::is_some).await {
            Ok(closed) => closed.clone().unwrap_or(Closed::Lost),
            Err(_) => Closed::Lost,
        }
    }

    fn sending(&self, message: Result<Message, SocketError>) -> TestSendFuture<'_> {
        TestSendFuture(Box::pin(async move { self.link.push(message?).await }))
    }

    fn receiving<T>(&mut self, decode: fn(Message) -> Result<T, SocketError>) -> TestRecvFuture<'_, T> {
        TestRecvFuture { link: &mut self.link, decode }
    }
}

/// Messages of the connection's types.
impl<In, Out, C> TestSocket<In, Out, C> {
    /// Receives the next message. This method is cancel-safe.
    ///
    /// # Errors
    ///
    /// Returns [`SocketError::Closed`] once the connection is closed and all earlier messages have been received. A
    /// typed connection also returns an error for a message that is not an `In`; that message is then discarded.
    pub fn recv(&mut self) -> TestRecvFuture<'_, In>
    where
        C: Decode<In>,
    {
        self.receiving(C::decode)
    }

    /// Sends a message. The future completes when the message is in the pipe, and waits while the pipe is full.
    ///
    /// # Errors
    ///
    /// Returns [`SocketError::Closed`] if the connection is closed, and [`SocketError::Encode`] if the message cannot
    /// be serialized.
    pub fn send(&mut self, message: impl IntoMessage<Out>) -> TestSendFuture<'_>
    where
        C: Encode<Out>,
    {
        self.sending(C::encode(&message.into_message()).map(Cow::into_owned))
    }
}

/// Text and binary messages, on a connection without typed messages.
impl<In, Out, C> TestSocket<In, Out, C> {
    /// Receives a text message. This method is cancel-safe.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`recv`](Self::recv), and [`SocketError::ExpectedText`] for a binary message, which
    /// is discarded.
    pub fn recv_text(&mut self) -> TestRecvFuture<'_, Utf8Bytes>
    where
        In: Untyped,
    {
        self.receiving(Message::into_text)
    }

    /// Receives a binary message. This method is cancel-safe.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`recv`](Self::recv), and [`SocketError::ExpectedBinary`] for a text message, which
    /// is discarded.
    pub fn recv_binary(&mut self) -> TestRecvFuture<'_, Bytes>
    where
        In: Untyped,
    {
        self.receiving(Message::into_binary)
    }

    /// Receives a text message and parses it as JSON. This method is cancel-safe.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`recv_text`](Self::recv_text), and [`SocketError::Invalid`] for a message that is
    /// not JSON or not a `T`.
    pub fn recv_json<T: FromJson>(&mut self) -> TestRecvFuture<'_, T>
    where
        In: Untyped,
    {
        self.receiving(<Json as Decode<T>>::decode)
    }

    /// Sends a text message.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`send`](Self::send).
    pub fn send_text(&mut self, text: impl IntoText) -> TestSendFuture<'_>
    where
        Out: Untyped,
    {
        self.sending(Ok(text.as_ref().into()))
    }

    /// Sends a binary message.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`send`](Self::send).
    pub fn send_binary(&mut self, bytes: impl IntoBinary) -> TestSendFuture<'_>
    where
        Out: Untyped,
    {
        self.sending(Ok(bytes.as_ref().into()))
    }

    /// Sends `value` as JSON in a text message.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`send`](Self::send), and [`SocketError::Encode`] if `value` cannot be serialized.
    pub fn send_json<T: Serialize + ?Sized>(&mut self, value: &T) -> TestSendFuture<'_>
    where
        Out: Untyped,
    {
        self.sending(encode_json(value).map(Message::from))
    }
}

impl Link {
    async fn push(&self, message: Message) -> Result<(), SocketError> {
        self.command(|receipt| Command::Send(message, receipt)).await
    }

    async fn ping(&mut self) -> Result<(), SocketError> {
        self.pings += 1;
        let payload = Bytes::copy_from_slice(&self.pings.to_be_bytes());
        let mut ended = self.closed.clone();
        tokio::select! {
            pong = self.command(|receipt| Command::Ping(payload, receipt)) => pong,
            _ = ended.wait_for(Option::is_some) => Err(self.closed_error()),
        }
    }

    async fn close(&mut self, close: Close) -> Result<(), SocketError> {
        self.command(|receipt| Command::Close(close.clone(), receipt)).await?;
        self.closing = Some(close);
        Ok(())
    }

    async fn command(&self, command: impl FnOnce(oneshot::Sender<()>) -> Command) -> Result<(), SocketError> {
        let (receipt, done) = oneshot::channel();
        // If the task is gone, the receipt is dropped together with the command.
        let _ = self.commands.send(command(receipt));
        done.await.map_err(|_| self.closed_error())
    }

    fn closed_error(&self) -> SocketError {
        let closed = self.closed.borrow().clone();
        let closing = || self.closing.clone().map(Closed::Local);
        SocketError::Closed(closed.or_else(closing).unwrap_or(Closed::Lost))
    }
}

/// Sends a message or a Close frame while it is awaited; returned by [`TestSocket::send`] and similar methods.
// A named type: for an `async fn` with a wrong argument, rustc would report both the call and its `.await`.
#[must_use = "nothing is sent until it is awaited"]
pub struct TestSendFuture<'a>(Pin<Box<dyn Future<Output = Result<(), SocketError>> + Send + 'a>>);

impl Future for TestSendFuture<'_> {
    type Output = Result<(), SocketError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx)
    }
}

impl fmt::Debug for TestSendFuture<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestSendFuture").finish_non_exhaustive()
    }
}

/// Receives a message while it is awaited; returned by [`TestSocket::recv`] and similar methods.
#[must_use = "nothing is received until it is awaited"]
pub struct TestRecvFuture<'a, T> {
    link: &'a mut Link,
    decode: fn(Message) -> Result<T, SocketError>,
}

impl<T> Future for TestRecvFuture<'_, T> {
    type Output = Result<T, SocketError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let message = ready!(self.link.inbox.poll_recv(cx));
        Poll::Ready(message.ok_or_else(|| self.link.closed_error()).and_then(self.decode))
    }
}

impl<T> fmt::Debug for TestRecvFuture<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestRecvFuture").finish_non_exhaustive()
    }
}

impl<In, Out, C> fmt::Debug for TestSocket<In, Out, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestSocket").field("closed", &*self.link.closed.borrow()).finish_non_exhaustive()
    }
}
