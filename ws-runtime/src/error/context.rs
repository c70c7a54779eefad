//! [`ErrorContext`]: what a handler of errors knows and may do.

use std::time::Duration;

use serde::Serialize;

use super::LastSendFuture;
use crate::{
    EndpointInfo, Handshake, IntoMessage, IntoText, Message, Rejection, SendFuture, SocketError,
    connection::Outbox,
};

/// Where an error happened, and the way to send the client a last message before the close.
#[derive(Debug, Clone)]
pub struct ErrorContext {
    handshake: Handshake,
    outbox: Outbox,
    rejection: Rejection,
}

/// When an error happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Phase {
    /// In a guard, a parameter, a dependency, or before an endpoint accepted its [`Upgrade`](crate::Upgrade).
    BeforeAccept,
    /// On an open connection.
    AfterAccept,
}

impl ErrorContext {
    pub(crate) fn new(handshake: Handshake, outbox: Outbox, rejection: Rejection) -> Self {
        Self { handshake, outbox, rejection }
    }

    /// The endpoint: its name, pattern, module, file and line.
    #[must_use]
    pub fn endpoint(&self) -> &EndpointInfo {
        self.handshake.endpoint()
    }

    /// The opening handshake.
    #[must_use]
    pub fn handshake(&self) -> &Handshake {
        &self.handshake
    }

    /// Whether the connection had been accepted.
    #[must_use]
    pub fn phase(&self) -> Phase {
        if self.outbox.is_accepted() { Phase::AfterAccept } else { Phase::BeforeAccept }
    }

    /// Returns `true` if the connection is over, or about to be: either side has closed it.
    pub(crate) fn is_closed(&self) -> bool {
        self.outbox.is_closed()
    }

    /// The app's state of type `T`, if there is one.
    #[must_use]
    pub fn state<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.handshake.state()
    }

    /// Queues a message behind those that the endpoint sent, and before the close.
    ///
    /// Before accept, under [`Rejection::Close`], it is sent once the handshake is complete.
    ///
    /// # Errors
    ///
    /// [`SocketError::Closed`] if the connection is closed already, [`SocketError::NotAccepted`] before accept under
    /// [`Rejection::Http`], where no message can travel, [`SocketError::Full`] if the peer has not made room for it within
    /// the `close_timeout`.
    pub fn send(&self, message: impl IntoMessage<Message>) -> LastSendFuture<'_, Message> {
        LastSendFuture::new(self, SendFuture::encoded::<crate::Json>(&self.outbox, message.into_message()))
    }

    /// Queues a text message; see [`send`](Self::send).
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub fn send_text<T: IntoText>(&self, text: T) -> LastSendFuture<'_, T> {
        LastSendFuture::new(self, SendFuture::text(&self.outbox, text))
    }

    /// Queues `value` as JSON in a text message; see [`send`](Self::send).
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), and [`SocketError::Encode`] if `value` does not serialize.
    pub fn send_json<'a, T: Serialize + ?Sized>(&'a self, value: &'a T) -> LastSendFuture<'a, &'a T> {
        LastSendFuture::new(self, SendFuture::json(&self.outbox, value))
    }

    /// A connection that is about to end does not wait for its peer for ever.
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
