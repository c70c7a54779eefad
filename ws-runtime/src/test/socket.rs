//! [`TestSocket`]: the client's end of a connection.

use std::{fmt, marker::PhantomData};

use bytes::Bytes;
use http::{HeaderMap, header};
use hyper::upgrade::Upgraded;
use serde::{Serialize, de::DeserializeOwned};
use tokio::sync::{mpsc, oneshot, watch};

use super::pump::{Command, Pump};
use crate::{
    Close, Closed, Decode, Encode, IntoBinary, IntoText, Json, Message, SocketError, Utf8Bytes,
    protocol::{Deflater, Inflater},
    websocket::encode_json,
};

/// The client's end of a connection, from [`TestRequest::connect`](super::TestRequest::connect).
///
/// A task of its own reads, answers pings and answers the server's close, as a browser does behind a script that is busy:
/// so the connection of a test that sleeps lives. [`pause`](Self::pause) makes it a client that hangs. Messages are kept
/// until they are received, however many there are. Dropping it vanishes, without a Close frame.
///
/// `In` is the type of the messages that the test receives, `Out` of those that it sends, `C` their format. Nothing here
/// has a timeout: where a server may keep silent, use `tokio::time::timeout`.
pub struct TestSocket<In = Message, Out = In, C = Json> {
    commands: mpsc::UnboundedSender<Command>,
    inbox: mpsc::UnboundedReceiver<Message>,
    closed: watch::Receiver<Option<Closed>>,
    /// What the test closed with.
    closing: Option<Close>,
    headers: HeaderMap,
    pings: u64,
    messages: PhantomData<fn(Out, C) -> In>,
}

impl TestSocket {
    pub(super) fn open(io: Upgraded, headers: HeaderMap, compression: Option<(Deflater, Inflater)>) -> Self {
        let (commands, commanded) = mpsc::unbounded_channel();
        let (received, inbox) = mpsc::unbounded_channel();
        let (state, closed) = watch::channel(None);
        tokio::spawn(Pump::new(io, commanded, received, state).with_compression(compression));
        Self { commands, inbox, closed, closing: None, headers, pings: 0, messages: PhantomData }
    }
}

impl<In, Out, C> TestSocket<In, Out, C> {
    /// The same connection with messages of other types.
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

    /// The same connection with messages of other types, in another format.
    #[must_use]
    pub fn with_format<I, O, D>(self) -> TestSocket<I, O, D> {
        let Self { commands, inbox, closed, closing, headers, pings, messages: PhantomData } = self;
        TestSocket { commands, inbox, closed, closing, headers, pings, messages: PhantomData }
    }

    /// The headers of the 101.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The subprotocol that the server selected.
    #[must_use]
    pub fn subprotocol(&self) -> Option<&str> {
        self.headers.get(header::SEC_WEBSOCKET_PROTOCOL).and_then(|protocol| protocol.to_str().ok())
    }

    /// Stops reading, as a client that hangs: messages back up, and pings are not answered.
    pub fn pause(&mut self) {
        // A connection that is over reads nothing anyway.
        let _ = self.commands.send(Command::Read(false));
    }

    /// Goes on reading after [`pause`](Self::pause).
    pub fn resume(&mut self) {
        let _ = self.commands.send(Command::Read(true));
    }

    /// Sends a ping and waits for its pong.
    ///
    /// # Errors
    ///
    /// [`SocketError::Closed`] if the connection is closed, or closes before the pong.
    pub async fn ping(&mut self) -> Result<(), SocketError> {
        self.pings += 1;
        let payload = Bytes::copy_from_slice(&self.pings.to_be_bytes());
        let mut ended = self.closed.clone();
        tokio::select! {
            pong = self.command(|receipt| Command::Ping(payload, receipt)) => pong,
            _ = ended.wait_for(Option::is_some) => Err(self.closed_error()),
        }
    }

    /// Sends a Close frame. The server's answer comes with [`closed`](Self::closed).
    ///
    /// # Errors
    ///
    /// [`SocketError::Closed`] if the connection is closed, by either side.
    pub async fn close(&mut self, close: impl Into<Close>) -> Result<(), SocketError> {
        let close = close.into();
        self.command(|receipt| Command::Close(close.clone(), receipt)).await?;
        self.closing = Some(close);
        Ok(())
    }

    /// Waits until the server has closed, and says how. Messages that came before can still be received.
    ///
    /// [`Closed::Peer`] holds the server's code and reason. [`Closed::Local`] is the [`close`](Self::close) of the test,
    /// which the server has answered. [`Closed::Lost`] is an end without a Close frame, what browsers call 1006.
    pub async fn closed(&mut self) -> Closed {
        match self.closed.wait_for(Option::is_some).await {
            Ok(closed) => closed.clone().unwrap_or(Closed::Lost),
            Err(_) => Closed::Lost,
        }
    }

    async fn next(&mut self) -> Result<Message, SocketError> {
        self.inbox.recv().await.ok_or_else(|| self.closed_error())
    }

    async fn push(&self, message: Message) -> Result<(), SocketError> {
        self.command(|receipt| Command::Send(message, receipt)).await
    }

    async fn command(&self, command: impl FnOnce(oneshot::Sender<()>) -> Command) -> Result<(), SocketError> {
        let (receipt, done) = oneshot::channel();
        // If nobody takes the command, the receipt is dropped with it.
        let _ = self.commands.send(command(receipt));
        done.await.map_err(|_| self.closed_error())
    }

    fn closed_error(&self) -> SocketError {
        let closed = self.closed.borrow().clone();
        let closing = || self.closing.clone().map(Closed::Local);
        SocketError::Closed(closed.or_else(closing).unwrap_or(Closed::Lost))
    }
}

impl<In, Out, C: Decode<In>> TestSocket<In, Out, C> {
    /// Receives the next message. Cancel-safe.
    ///
    /// # Errors
    ///
    /// [`SocketError::Closed`] once the connection is closed and the messages before the close are received; for a typed
    /// one also that a message is no `In`, which is then gone.
    pub async fn recv(&mut self) -> Result<In, SocketError> {
        C::decode(self.next().await?)
    }
}

impl<In, Out, C: Encode<Out>> TestSocket<In, Out, C> {
    /// Sends a message: completes when it is in the pipe, and waits while that is full.
    ///
    /// # Errors
    ///
    /// [`SocketError::Closed`] if the connection is closed, [`SocketError::Encode`] if the message does not serialize.
    pub async fn send(&mut self, message: impl Into<Out>) -> Result<(), SocketError> {
        let message = C::encode(&message.into())?.into_owned();
        self.push(message).await
    }
}

impl TestSocket {
    /// Receives a text message. Cancel-safe.
    ///
    /// # Errors
    ///
    /// As [`recv`](Self::recv), and [`SocketError::ExpectedText`] for a binary message, which is received and gone.
    pub async fn recv_text(&mut self) -> Result<Utf8Bytes, SocketError> {
        self.recv().await?.into_text()
    }

    /// Receives a binary message. Cancel-safe.
    ///
    /// # Errors
    ///
    /// As [`recv`](Self::recv), and [`SocketError::ExpectedBinary`] for a text message, which is received and gone.
    pub async fn recv_binary(&mut self) -> Result<Bytes, SocketError> {
        self.recv().await?.into_binary()
    }

    /// Receives a text message that is JSON. Cancel-safe.
    ///
    /// # Errors
    ///
    /// As [`recv_text`](Self::recv_text), and [`SocketError::Json`] for a message that is not JSON or not a `T`.
    pub async fn recv_json<T: DeserializeOwned>(&mut self) -> Result<T, SocketError> {
        crate::codec::from_json(&self.recv_text().await?).map_err(SocketError::Json)
    }

    /// Sends a text message.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub async fn send_text(&mut self, text: impl IntoText) -> Result<(), SocketError> {
        self.push(text.as_ref().into()).await
    }

    /// Sends a binary message.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub async fn send_binary(&mut self, bytes: impl IntoBinary) -> Result<(), SocketError> {
        self.push(bytes.as_ref().into()).await
    }

    /// Sends `value` as JSON in a text message.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), and [`SocketError::Encode`] if `value` does not serialize.
    pub async fn send_json<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), SocketError> {
        let json = encode_json(value)?;
        self.push(json.into()).await
    }
}

impl<In, Out, C> fmt::Debug for TestSocket<In, Out, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestSocket").field("closed", &*self.closed.borrow()).finish_non_exhaustive()
    }
}
