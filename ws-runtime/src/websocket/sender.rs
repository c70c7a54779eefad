//! [`Sender`]: the half of a connection that sends, and that other tasks may have a clone of.

use std::{fmt, marker::PhantomData};

use serde::Serialize;

use super::{CloseFuture, IntoBinary, IntoMessage, IntoText, SendFuture, Untyped};
use crate::{Closed, Encode, IntoClose, Json, Message, SocketError, connection::Outbox};

/// Sends on a connection, from any task. Clones send on the same connection, in the order of their calls.
///
/// It does not keep the connection open: once the endpoint has returned, every call is
/// [`SocketError::Closed`].
///
/// `Out` is the type of its messages, `C` their format.
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

    /// Sends a Close frame behind every message that was sent.
    ///
    /// # Errors
    ///
    /// [`SocketError::Closed`] if the connection is closed already, by either side: the first close stands.
    pub fn close(&self, close: impl IntoClose) -> CloseFuture<'_> {
        CloseFuture::new(&self.outbox, close.into_close())
    }

    /// Completes once the server shuts down; see [`WebSocket::shutdown`](super::WebSocket::shutdown).
    pub async fn shutdown(&self) {
        self.outbox.wait_shutdown().await;
    }

    /// Waits until the connection is closed, by whichever side, and says how.
    pub async fn closed(&self) -> Closed {
        self.outbox.wait_closed().await
    }
}

/// Messages of the type that the connection has.
impl<Out, C> Sender<Out, C> {
    /// Sends a message. While the send buffer is full it waits, or drops the message, or closes the connection, as the
    /// option [`send_buffer`](crate::SendBuffer) says.
    ///
    /// # Errors
    ///
    /// [`SocketError::Closed`] if the connection is closed, [`SocketError::Encode`] if the message does not serialize.
    pub fn send(&self, message: impl IntoMessage<Out>) -> SendFuture<'_, Out>
    where
        C: Encode<Out>,
    {
        SendFuture::encoded::<C>(&self.outbox, message.into_message()).by_policy()
    }

    /// Sends a message that is not compressed; see
    /// [`WebSocket::send_uncompressed`](super::WebSocket::send_uncompressed).
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
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
    /// [`SocketError::Full`] if the send buffer is full, else as [`send`](Self::send).
    pub fn try_send(&self, message: impl IntoMessage<Out>) -> Result<(), SocketError>
    where
        C: Encode<Out>,
    {
        Ok(self.outbox.try_push(&*C::encode(&message.into_message())?)?)
    }
}

/// Messages of either kind, on a connection whose messages have no type.
impl<Out, C> Sender<Out, C> {
    /// Sends a text message; see [`WebSocket::send`](super::WebSocket::send).
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
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
    /// As [`send`](Self::send).
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
    /// As [`send`](Self::send), and [`SocketError::Encode`] if `value` does not serialize.
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
