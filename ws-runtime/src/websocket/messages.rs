//! [`Messages`]: the messages of one kind, for a loop that ends when the peer leaves.

use std::{
    fmt,
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use futures_core::Stream;

use super::{FromJson, Receiver, Untyped, WebSocket};
use crate::{Decode, Json, Message, SocketError, Utf8Bytes};

/// The messages of one kind, returned by [`WebSocket::iter_text`] and similar methods. It is also a [`Stream`].
///
/// It holds the receiving half only: answers are sent by a [`Sender`](super::Sender).
pub struct Messages<'a, T> {
    // No type of the connection is needed to receive, so this names none.
    poll: &'a mut dyn Poller,
    decode: fn(Message) -> Result<T, SocketError>,
}

impl<T> Messages<'_, T> {
    /// Receives the next message. Returns `None` once the connection is closed, by either side: the peer has left, as
    /// a rule. [`WebSocket::closed`] returns how it was closed. This method is cancel-safe.
    ///
    /// # Errors
    ///
    /// The result inside is an error for a message of another kind, or one that cannot be read as a `T`; that message
    /// is discarded, and the next call receives the next one. It is also an error if `idle_timeout` or `rate_limit` is
    /// exceeded.
    // This has the name of `StreamExt::next`, so that loops look the same with and without it.
    pub async fn next(&mut self) -> Option<Result<T, SocketError>> {
        poll_fn(|cx| self.poll_message(cx)).await
    }

    fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<T, SocketError>>> {
        Poll::Ready(match ready!(self.poll.poll_message(cx)) {
            Ok(message) => Some((self.decode)(message)),
            Err(SocketError::Closed(_)) => None,
            Err(error) => Some(Err(error)),
        })
    }
}

impl<T> Stream for Messages<'_, T> {
    type Item = Result<T, SocketError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_message(cx)
    }
}

/// A receiver of any type.
trait Poller: Send {
    fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Result<Message, SocketError>>;
}

impl<In, C> Poller for Receiver<In, C> {
    fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Result<Message, SocketError>> {
        self.poll_any(cx)
    }
}

/// Loops over messages, on a connection without typed messages.
impl<In, C> Receiver<In, C> {
    /// Returns the text messages; see [`WebSocket::iter_text`].
    pub fn iter_text(&mut self) -> Messages<'_, Utf8Bytes>
    where
        In: Untyped,
    {
        Messages { poll: self, decode: Message::into_text }
    }

    /// Returns the binary messages; see [`WebSocket::iter_binary`].
    pub fn iter_binary(&mut self) -> Messages<'_, Bytes>
    where
        In: Untyped,
    {
        Messages { poll: self, decode: Message::into_binary }
    }

    /// Returns the text messages, parsed as JSON; see [`WebSocket::iter_json`].
    pub fn iter_json<T: FromJson>(&mut self) -> Messages<'_, T>
    where
        In: Untyped,
    {
        Messages { poll: self, decode: <Json as Decode<T>>::decode }
    }
}

/// Loops over messages, on a connection without typed messages.
impl<In, Out, C> WebSocket<In, Out, C> {
    /// Returns the text messages, for a loop that ends when the peer leaves.
    ///
    /// ```
    /// # use ws_runtime::{Result, WebSocket, websocket};
    /// #[websocket("/echo")]
    /// async fn echo(mut ws: WebSocket) -> Result {
    ///     let sender = ws.sender();
    ///     let mut texts = ws.iter_text();
    ///     while let Some(text) = texts.next().await {
    ///         sender.send_text(text?).await?;
    ///     }
    ///     println!("the peer has left");
    ///     Ok(())
    /// }
    /// ```
    pub fn iter_text(&mut self) -> Messages<'_, Utf8Bytes>
    where
        In: Untyped,
    {
        self.receiver.iter_text()
    }

    /// Returns the binary messages, as [`iter_text`](Self::iter_text) returns the texts.
    pub fn iter_binary(&mut self) -> Messages<'_, Bytes>
    where
        In: Untyped,
    {
        self.receiver.iter_binary()
    }

    /// Returns the text messages, parsed as JSON, as [`recv_json`](Self::recv_json) parses them:
    /// `ws.iter_json::<T>()`.
    pub fn iter_json<T: FromJson>(&mut self) -> Messages<'_, T>
    where
        In: Untyped,
    {
        self.receiver.iter_json()
    }
}

impl<T> fmt::Debug for Messages<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Messages").finish_non_exhaustive()
    }
}
