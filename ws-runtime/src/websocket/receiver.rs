//! [`Receiver`]: the receiving half of a connection.

use std::{
    fmt,
    future::Future,
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use serde::de::DeserializeOwned;

use super::Untyped;
use crate::{
    Closed, Decode, Json, Message, SocketError, Utf8Bytes,
    connection::{Attached, Outbox},
};

/// The receiving half of a [`WebSocket`](super::WebSocket), returned by [`split`](super::WebSocket::split).
///
/// `In` is the type of its messages, and `C` their format.
pub struct Receiver<In = Message, C = Json> {
    inbox: Attached,
    outbox: Outbox,
    messages: PhantomData<fn(C) -> In>,
}

impl<In, C> Receiver<In, C> {
    pub(super) fn new(inbox: Attached, outbox: Outbox) -> Self {
        Self { inbox, outbox, messages: PhantomData }
    }

    pub(super) fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// Converts the receiver to one with messages of other types.
    pub(super) fn typed<I, D>(self) -> Receiver<I, D> {
        Receiver::new(self.inbox, self.outbox)
    }

    /// Returns how the connection was closed, if it is closed.
    pub(super) fn closed(&self) -> Option<Closed> {
        self.outbox.closed()
    }
}

impl<In, C> Receiver<In, C> {
    pub(super) fn poll_recv(&self, cx: &mut Context<'_>) -> Poll<Result<In, SocketError>>
    where
        C: Decode<In>,
    {
        self.inbox.poll_recv(cx).map(|message| C::decode(message?))
    }

    /// Receives the next message as it came.
    pub(super) fn poll_any(&self, cx: &mut Context<'_>) -> Poll<Result<Message, SocketError>> {
        self.inbox.poll_recv(cx).map_err(SocketError::from)
    }

    fn receiving<T>(&self, decode: fn(Message) -> Result<T, SocketError>) -> RecvFuture<'_, T> {
        RecvFuture { inbox: &self.inbox, decode, waits: false }
    }

    /// Receives the next message; see [`WebSocket::recv`](super::WebSocket::recv). This method is cancel-safe.
    ///
    /// # Errors
    ///
    /// Returns [`SocketError::Closed`] once the connection is closed, and the errors of [`Decode`] for a message that
    /// is not an `In`, which is discarded.
    pub fn recv(&mut self) -> RecvFuture<'_, In>
    where
        C: Decode<In>,
    {
        self.receiving(C::decode)
    }

    /// Receives a text message; see [`WebSocket::recv_text`](super::WebSocket::recv_text). This method is cancel-safe.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`recv`](Self::recv), and [`SocketError::ExpectedText`] for a binary message, which
    /// is discarded.
    pub fn recv_text(&mut self) -> RecvFuture<'_, Utf8Bytes>
    where
        In: Untyped,
    {
        self.receiving(Message::into_text)
    }

    /// Receives a binary message; see [`WebSocket::recv_binary`](super::WebSocket::recv_binary). This method is
    /// cancel-safe.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`recv`](Self::recv), and [`SocketError::ExpectedBinary`] for a text message, which
    /// is discarded.
    pub fn recv_binary(&mut self) -> RecvFuture<'_, Bytes>
    where
        In: Untyped,
    {
        self.receiving(Message::into_binary)
    }

    /// Receives JSON; see [`WebSocket::recv_json`](super::WebSocket::recv_json). This method is cancel-safe.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`recv_text`](Self::recv_text), and [`SocketError::Invalid`] for a message that is
    /// not JSON or not a `T`.
    pub fn recv_json<T: FromJson>(&mut self) -> RecvFuture<'_, T>
    where
        In: Untyped,
    {
        self.receiving(<Json as Decode<T>>::decode)
    }
}

impl<In, C> fmt::Debug for Receiver<In, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").field("closed", &self.closed()).finish_non_exhaustive()
    }
}

/// Receives a message while it is awaited; returned by [`WebSocket::recv`](super::WebSocket::recv) and similar methods.
///
/// If it is dropped before it completes, nothing is received.
// This is a named type without bounds on `T`: for an `async fn` whose bound does not hold, rustc would report both the
// call and its `.await`.
#[must_use = "nothing is received until it is awaited"]
pub struct RecvFuture<'a, T> {
    inbox: &'a Attached,
    decode: fn(Message) -> Result<T, SocketError>,
    waits: bool,
}

impl<T> RecvFuture<'_, T> {
    crate::elsewhere::result_methods!(T => T, crate::Result<T>);
}

impl<T> Future for RecvFuture<'_, T> {
    type Output = Result<T, SocketError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let received = self.inbox.poll_recv(cx);
        self.waits = received.is_pending();
        received.map(|message| (self.decode)(message?))
    }
}

/// The endpoint no longer waits for a message, so it must not be told that its peer is idle.
impl<T> Drop for RecvFuture<'_, T> {
    fn drop(&mut self) {
        if self.waits {
            self.inbox.stop_waiting();
        }
    }
}

impl<T> fmt::Debug for RecvFuture<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecvFuture").field("waits", &self.waits).finish_non_exhaustive()
    }
}

/// A type that [`recv_json`](super::WebSocket::recv_json) can read: one that implements [`serde::Deserialize`] and does
/// not borrow.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read from JSON",
    label = "name a type that implements `serde::Deserialize`: `recv_json::<T>()`",
    note = "a type of your own does with `#[derive(serde::Deserialize)]`, any JSON is a `serde_json::Value`"
)]
pub trait FromJson: DeserializeOwned {}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned> FromJson for T {}
