//! [`Member`]: membership of a room, for as long as it is held.

use std::{fmt, sync::Arc};

use super::{Room, seats::To};
use crate::{Encode, Json, Message, SocketError, connection::Outbox};

/// Somebody in a room; made by [`Room::join`]. Dropping it leaves the room, so an endpoint that returns, fails, panics
/// or is dropped leaves too.
pub struct Member<Out = Message, C = Json> {
    room: Room<Out, C>,
    id: Arc<str>,
    number: u64,
    outbox: Outbox,
}

impl<Out, C> Member<Out, C> {
    pub(super) fn new(room: Room<Out, C>, id: Arc<str>, number: u64, outbox: Outbox) -> Self {
        Self { room, id, number, outbox }
    }

    /// The ID that it joined under.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The room.
    #[must_use]
    pub fn room(&self) -> &Room<Out, C> {
        &self.room
    }
}

/// Messages of the type that the room has.
impl<Out, C> Member<Out, C> {
    /// Sets what is broadcast to those who remain when this member leaves, however that comes: behind everything that
    /// the member has broadcast.
    ///
    /// # Errors
    ///
    /// [`SocketError::Encode`] if the message does not serialize.
    pub fn set_farewell(&self, message: &Out) -> Result<(), SocketError>
    where
        C: Encode<Out>,
    {
        let farewell = C::encode(message)?.into_owned();
        self.room.roster().set_farewell(self.number, farewell);
        Ok(())
    }

    /// Sends a message to everyone in the room, this member included. It is encoded once, and waits for nobody.
    ///
    /// # Errors
    ///
    /// [`SocketError::Encode`] if the message does not serialize; [`SocketError::Closed`] if this member's connection
    /// is closed and another one has taken its place.
    pub fn broadcast(&self, message: &Out) -> Result<(), SocketError>
    where
        C: Encode<Out>,
    {
        self.send(message, To::Everyone)
    }

    /// Sends a message to everyone else in the room.
    ///
    /// # Errors
    ///
    /// As [`broadcast`](Self::broadcast).
    pub fn broadcast_others(&self, message: &Out) -> Result<(), SocketError>
    where
        C: Encode<Out>,
    {
        self.send(message, To::Except(&self.id))
    }

    fn send(&self, message: &Out, to: To<'_>) -> Result<(), SocketError>
    where
        C: Encode<Out>,
    {
        self.room.roster().broadcast_as(self.number, &self.outbox, to, &*C::encode(message)?)
    }
}

impl<Out, C> Drop for Member<Out, C> {
    fn drop(&mut self) {
        self.room.roster().leave(self.number);
    }
}

impl<Out, C> fmt::Debug for Member<Out, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Member")
            .field("id", &self.id)
            .field("room", &self.room.name())
            .finish_non_exhaustive()
    }
}
