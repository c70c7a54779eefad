//! [`ClientSender`]: a handle that sends from any task.

use std::{fmt, marker::PhantomData, sync::Arc};

use super::{
    ClientError, ClientSendFuture,
    queue::{Entry, NotTaken},
    shared::Shared,
};
use crate::{Encode, IntoMessage, Json, Message};

/// Sends messages on the connection of a client, from any task. Clones send on the same connection, in the order of
/// their calls.
///
/// A sender does not keep the client alive: once the client has been dropped or has ended, every call returns
/// [`ClientError::Closed`].
///
/// `Out` is the type of the messages, and `C` their format.
pub struct ClientSender<Out = Message, C = Json> {
    entry: Entry,
    shared: Arc<Shared>,
    messages: PhantomData<fn(Out) -> C>,
}

impl<Out, C> ClientSender<Out, C> {
    pub(super) fn new(entry: Entry, shared: Arc<Shared>) -> Self {
        Self { entry, shared, messages: PhantomData }
    }

    pub(super) fn entry(&self) -> &Entry {
        &self.entry
    }

    fn refused(&self, reason: &NotTaken) -> ClientError {
        match reason {
            NotTaken::Full(_) => ClientError::Full,
            NotTaken::Closed => ClientError::Closed(self.shared.ended()),
        }
    }
}

impl<Out, C> ClientSender<Out, C> {
    /// Sends a message; see [`Client::send`](super::Client::send).
    ///
    /// This method is cancel-safe: a message that is still waiting for room when the future is dropped is not sent.
    ///
    /// # Errors
    ///
    /// Returns [`ClientError::Closed`] if the client has ended, and [`ClientError::Message`] if the message cannot be
    /// serialized.
    pub fn send(&self, message: impl IntoMessage<Out>) -> ClientSendFuture<'_, Out>
    where
        C: Encode<Out>,
    {
        ClientSendFuture::new(&self.entry, &self.shared, message.into_message(), encode::<Out, C>)
    }

    /// Sends a message if there is room for it now.
    ///
    /// # Errors
    ///
    /// Returns [`ClientError::Full`] if there is no room, and otherwise the same errors as [`send`](Self::send).
    pub fn try_send(&self, message: impl IntoMessage<Out>) -> Result<(), ClientError>
    where
        C: Encode<Out>,
    {
        let message = encode::<Out, C>(&message.into_message())?;
        self.entry.try_push(message).map_err(|reason| self.refused(&reason))
    }
}

fn encode<Out, C: Encode<Out>>(value: &Out) -> Result<Message, ClientError> {
    C::encode(value).map(std::borrow::Cow::into_owned).map_err(ClientError::Message)
}

impl<Out, C> Clone for ClientSender<Out, C> {
    fn clone(&self) -> Self {
        Self::new(self.entry.clone(), Arc::clone(&self.shared))
    }
}

impl<Out, C> fmt::Debug for ClientSender<Out, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientSender").finish_non_exhaustive()
    }
}
