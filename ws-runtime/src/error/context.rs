//! [`ErrorContext`]: the context of an error handler.

use std::time::Duration;

use serde::Serialize;

use super::LastSendFuture;
use crate::{
    EndpointInfo, Handshake, IntoMessage, IntoText, Message, Rejection, SendFuture, SocketError,
    connection::Outbox,
};

/// The context in which an error occurred. It lets a handler send the client a last message before the close.
#[derive(Debug, Clone)]
pub struct ErrorContext {
    handshake: Handshake,
    outbox: Outbox,
    rejection: Rejection,
}

/// The phase in which an error occurred.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Phase {
    /// The error came from a guard, a parameter or a dependency, or from an endpoint that had not accepted its
    /// [`Upgrade`](crate::Upgrade) yet.
    BeforeAccept,
    /// The connection was open.
    AfterAccept,
}

impl ErrorContext {
    pub(crate) fn new(handshake: Handshake, outbox: Outbox, rejection: Rejection) -> Self {
        Self { handshake, outbox, rejection }
    }

    /// Returns the endpoint: its name, pattern, module, file and line.
    #[must_use]
    pub fn endpoint(&self) -> &EndpointInfo {
        self.handshake.endpoint()
    }

    /// Returns the opening handshake.
    #[must_use]
    pub fn handshake(&self) -> &Handshake {
        &self.handshake
    }

    /// Returns the phase: whether the connection had been accepted.
    #[must_use]
    pub fn phase(&self) -> Phase {
        if self.outbox.is_accepted() { Phase::AfterAccept } else { Phase::BeforeAccept }
    }

    /// Returns `true` if either side has closed the connection, even if it is not over yet.
    pub(crate) fn is_closed(&self) -> bool {
        self.outbox.is_closed()
    }

    /// Returns the app's state of type `T`, if there is one.
    #[must_use]
    pub fn state<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.handshake.state()
    }

    /// Queues a message after those that the endpoint sent, and before the close.
    ///
    /// Before the connection is accepted, under [`Rejection::Close`], the message is sent once the handshake is
    /// complete.
    ///
    /// # Errors
    ///
    /// Returns [`SocketError::Closed`] if the connection is closed already, [`SocketError::NotAccepted`] before it is
    /// accepted under [`Rejection::Http`], where messages cannot be sent, and [`SocketError::Full`] if the peer has not
    /// made room for the message within the `close_timeout`.
    pub fn send(&self, message: impl IntoMessage<Message>) -> LastSendFuture<'_, Message> {
        LastSendFuture::new(self, SendFuture::encoded::<crate::Json>(&self.outbox, message.into_message()))
    }

    /// Queues a text message; see [`send`](Self::send).
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`send`](Self::send).
    pub fn send_text<T: IntoText>(&self, text: T) -> LastSendFuture<'_, T> {
        LastSendFuture::new(self, SendFuture::text(&self.outbox, text))
    }

    /// Queues `value` as JSON in a text message; see [`send`](Self::send).
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`send`](Self::send), and [`SocketError::Encode`] if `value` cannot be serialized.
    pub fn send_json<'a, T: Serialize + ?Sized>(&'a self, value: &'a T) -> LastSendFuture<'a, &'a T> {
        LastSendFuture::new(self, SendFuture::json(&self.outbox, value))
    }

    /// Returns how long a message may wait for room. A connection that is about to end does not wait for its peer
    /// forever.
    pub(super) fn patience(&self) -> Duration {
        self.outbox.limits().close_timeout
    }

    pub(super) fn can_send(&self) -> Result<(), SocketError> {
        match (self.phase(), self.rejection) {
            (Phase::BeforeAccept, Rejection::Http) => Err(SocketError::NotAccepted),
            _ => Ok(()),
        }
    }
}
