//! [`Sender`]: the sending half of a connection, which can be cloned for use in other tasks.

use std::{fmt, marker::PhantomData, time::Duration};

use serde::Serialize;

use super::{CloseFuture, IntoBinary, IntoMessage, IntoText, SendFuture, Untyped};
use crate::{Closed, Encode, IntoClose, Json, Message, SocketError, connection::Outbox};

/// Sends messages on a connection, from any task. Clones send on the same connection, in the order of their calls.
///
/// A sender does not keep the connection open: once the endpoint has returned, every call returns
/// [`SocketError::Closed`].
///
/// `Out` is the type of its messages, and `C` their format.
pub struct Sender<Out = Message, C = Json> {
    outbox: Outbox,
    messages: PhantomData<fn(Out) -> C>,
}

impl<Out, C> Sender<Out, C> {
    pub(super) fn new(outbox: Outbox) -> Self {
        Self { outbox, messages: PhantomData }
    }

    pub(crate) fn into_outbox(self) -> Outbox {
        self.outbox
    }

    pub(super) fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// Returns how long the last ping was on its way to the peer and back; see
    /// [`WebSocket::rtt`](super::WebSocket::rtt).
    #[must_use]
    pub fn rtt(&self) -> Option<Duration> {
        self.outbox.rtt()
    }

    /// Sends a Close frame after all messages that were sent before.
    ///
    /// # Errors
    ///
    /// Returns [`SocketError::Closed`] if either side has closed the connection already: the first close stands.
    pub fn close(&self, close: impl IntoClose) -> CloseFuture<'_> {
        CloseFuture::new(&self.outbox, close.into_close())
    }

    /// Closes the connection at this time; see [`WebSocket::expires_at`](super::WebSocket::expires_at).
    pub fn expires_at(&self, at: impl Into<tokio::time::Instant>, close: impl IntoClose) {
        self.outbox.expire_at(at.into(), close.into_close());
    }

    /// Completes once the server shuts down; see [`WebSocket::shutdown_started`](super::WebSocket::shutdown_started).
    pub async fn shutdown_started(&self) {
        self.outbox.wait_shutdown().await;
    }

    /// Waits until either side closes the connection, and returns how it was closed.
    pub async fn closed(&self) -> Closed {
        self.outbox.wait_closed().await
    }
}

/// Messages of the connection's type.
impl<Out, C> Sender<Out, C> {
    /// Sends a message. If the send buffer is full, the option [`send_buffer`](crate::SendBuffer) decides whether this
    /// waits, drops the message, or closes the connection.
    ///
    /// # Errors
    ///
    /// Returns [`SocketError::Closed`] if the connection is closed, and [`SocketError::Encode`] if the message cannot
    /// be serialized.
    pub fn send(&self, message: impl IntoMessage<Out>) -> SendFuture<'_, Out>
    where
        C: Encode<Out>,
    {
        SendFuture::encoded::<C>(&self.outbox, message.into_message()).by_policy()
    }

    /// Sends a message without compression; see [`WebSocket::send_uncompressed`](super::WebSocket::send_uncompressed).
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`send`](Self::send).
    #[cfg(feature = "deflate")]
    pub fn send_uncompressed(&self, message: impl IntoMessage<Out>) -> SendFuture<'_, Out>
    where
        C: Encode<Out>,
    {
        SendFuture::uncompressed::<C>(&self.outbox, message.into_message()).by_policy()
    }

    /// Sends a message if there is room for it now.
    ///
    /// # Errors
    ///
    /// Returns [`SocketError::Full`] if the send buffer is full, and otherwise the same errors as [`send`](Self::send).
    pub fn try_send(&self, message: impl IntoMessage<Out>) -> Result<(), SocketError>
    where
        C: Encode<Out>,
    {
        Ok(self.outbox.try_push(&*C::encode(&message.into_message())?)?)
    }
}

/// Text and binary messages, on a connection without typed messages.
impl<Out, C> Sender<Out, C> {
    /// Sends a text message; see [`WebSocket::send`](super::WebSocket::send).
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`send`](Self::send).
    pub fn send_text<T: IntoText>(&self, text: T) -> SendFuture<'_, T>
    where
        Out: Untyped,
    {
        SendFuture::text(&self.outbox, text).by_policy()
    }

    /// Sends a binary message; see [`WebSocket::send`](super::WebSocket::send).
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`send`](Self::send).
    pub fn send_binary<T: IntoBinary>(&self, bytes: T) -> SendFuture<'_, T>
    where
        Out: Untyped,
    {
        SendFuture::binary(&self.outbox, bytes).by_policy()
    }

    /// Sends `value` as JSON in a text message; see [`WebSocket::send`](super::WebSocket::send).
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`send`](Self::send), and [`SocketError::Encode`] if `value` cannot be serialized.
    pub fn send_json<'a, T: Serialize + ?Sized>(&'a self, value: &'a T) -> SendFuture<'a, &'a T>
    where
        Out: Untyped,
    {
        SendFuture::json(&self.outbox, value).by_policy()
    }
}

impl<Out, C> Clone for Sender<Out, C> {
    fn clone(&self) -> Self {
        Self::new(self.outbox.clone())
    }
}

impl<Out, C> fmt::Debug for Sender<Out, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").field("outbox", &self.outbox).finish()
    }
}
