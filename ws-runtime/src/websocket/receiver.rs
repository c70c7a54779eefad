//! [`Receiver`]: the half of a connection that receives.

use std::{
    fmt,
    future::Future,
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use serde::de::DeserializeOwned;

use super::SocketError;
use crate::{
    Closed, Decode, Json, Message, Utf8Bytes,
    connection::{Attached, Outbox},
};

/// The receiving half of a [`WebSocket`](super::WebSocket), from [`split`](super::WebSocket::split).
///
/// `In` is the type of its messages, `C` their format.
pub struct Receiver<In = Message, C = Json> {
    inbox: Attached,
    outbox: Outbox,
    messages: PhantomData<fn(C) -> In>,
}

impl<In, C> Receiver<In, C> {
    pub(super) fn new(inbox: Attached, outbox: Outbox) -> Self {
        Self { inbox, outbox, messages: PhantomData }
    }

    /// The same, with messages of other types.
    pub(super) fn typed<I, D>(self) -> Receiver<I, D> {
        Receiver::new(self.inbox, self.outbox)
    }

    /// How the connection was closed, if it is.
    pub(super) fn closed(&self) -> Option<Closed> {
        self.outbox.closed()
    }
}

impl<In, C: Decode<In>> Receiver<In, C> {
    pub(super) fn poll_recv(&self, cx: &mut Context<'_>) -> Poll<Result<In, SocketError>> {
        self.inbox.poll_recv(cx).map(|message| C::decode(message?))
    }

    /// Receives the next message; see [`WebSocket::recv`](super::WebSocket::recv). Cancel-safe.
    ///
    /// # Errors
    ///
    /// [`SocketError::Closed`] once the connection is closed; those of [`Decode`] for a message that holds no `In`, which
    /// is received and gone.
    pub async fn recv(&mut self) -> Result<In, SocketError> {
        Recv { receiver: self, waits: false }.await
    }
}

/// The future of [`recv`](Receiver::recv).
struct Recv<'a, In, C> {
    receiver: &'a Receiver<In, C>,
    waits: bool,
}

impl<In, C: Decode<In>> Future for Recv<'_, In, C> {
    type Output = Result<In, SocketError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let received = self.receiver.poll_recv(cx);
        self.waits = received.is_pending();
        received
    }
}

/// An endpoint that does something else is not to be told that its peer is idle.
impl<In, C> Drop for Recv<'_, In, C> {
    fn drop(&mut self) {
        if self.waits {
            self.receiver.inbox.stop_waiting();
        }
    }
}

impl Receiver {
    /// Receives a text message; see [`WebSocket::recv_text`](super::WebSocket::recv_text). Cancel-safe.
    ///
    /// # Errors
    ///
    /// As [`recv`](Self::recv), and [`SocketError::ExpectedText`] for a binary message, which is received and gone.
    pub async fn recv_text(&mut self) -> Result<Utf8Bytes, SocketError> {
        self.recv().await?.into_text()
    }

    /// Receives a binary message; see [`WebSocket::recv_binary`](super::WebSocket::recv_binary). Cancel-safe.
    ///
    /// # Errors
    ///
    /// As [`recv`](Self::recv), and [`SocketError::ExpectedBinary`] for a text message, which is received and gone.
    pub async fn recv_binary(&mut self) -> Result<Bytes, SocketError> {
        self.recv().await?.into_binary()
    }

    /// Receives JSON; see [`WebSocket::recv_json`](super::WebSocket::recv_json). Cancel-safe.
    ///
    /// # Errors
    ///
    /// As [`recv_text`](Self::recv_text), and [`SocketError::Json`] for a message that is not JSON or not a `T`.
    pub async fn recv_json<T: DeserializeOwned>(&mut self) -> Result<T, SocketError> {
        let text = self.recv_text().await?;
        crate::codec::from_json(&text).map_err(SocketError::Json)
    }
}

impl<In, C> fmt::Debug for Receiver<In, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").field("closed", &self.closed()).finish_non_exhaustive()
    }
}
