//! [`Member`]: a membership of a room, which lasts as long as the value is held.

use std::{fmt, sync::Arc};

use serde::Serialize;

use super::{Meta, Room, seats::To};
use crate::{
    Encode, Json, Message, SocketError,
    connection::Outbox,
    tracked::{Recovery, WhyLost},
};

/// A membership of a room, returned by [`Room::join`]. Dropping it leaves the room, so an endpoint that returns, fails,
/// panics or is dropped leaves, too.
#[must_use = "a member leaves the room when it is dropped: keep it in a variable"]
pub struct Member<Out = Message, C = Json> {
    room: Room<Out, C>,
    id: Arc<str>,
    number: u64,
    outbox: Outbox,
    recovery: Recovery,
}

impl<Out, C> Member<Out, C> {
    pub(super) fn new(
        room: Room<Out, C>,
        id: Arc<str>,
        number: u64,
        outbox: Outbox,
        recovery: Recovery,
    ) -> Self {
        Self { room, id, number, outbox, recovery }
    }

    pub(super) fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// Records that the history moved past the member before it had all that it missed.
    pub(super) fn overtaken(&mut self) {
        self.recovery = Recovery::Lost { why: WhyLost::TooSlow };
    }

    /// Returns the ID that the member joined under.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns what became of the messages that the member missed since the position that it [joined](super::Join::since)
    /// with.
    #[must_use]
    pub fn recovery(&self) -> Recovery {
        self.recovery
    }

    /// Returns the room.
    #[must_use]
    pub fn room(&self) -> &Room<Out, C> {
        &self.room
    }
}

impl<Out, C> Member<Out, C> {
    /// Tells the room something of this member, such as a status: [`Room::meta`] and
    /// [`Presence::next`](super::Presence::next) show it, in all processes. It is kept until the member leaves, or tells
    /// something else. All connections of a member that [share](super::Join::share) its ID tell one thing.
    ///
    /// # Errors
    ///
    /// Returns [`SocketError::Encode`] if the value cannot be serialized, or has more than 4 KiB as JSON.
    pub fn set_meta(&self, value: &(impl Serialize + ?Sized)) -> Result<(), SocketError> {
        self.room.roster().set_meta(self.number, Meta::new(value)?);
        Ok(())
    }
}

/// Messages of the room's type.
impl<Out, C> Member<Out, C> {
    /// Sets the message that is broadcast to the remaining members when this member leaves, for any reason. It comes
    /// after everything that the member has broadcast.
    ///
    /// # Errors
    ///
    /// Returns [`SocketError::Encode`] if the message cannot be serialized.
    pub fn set_farewell(&self, message: &Out) -> Result<(), SocketError>
    where
        C: Encode<Out>,
    {
        let farewell = C::encode(message)?.into_owned();
        self.room.roster().set_farewell(self.number, farewell);
        Ok(())
    }

    /// Sends a message to everyone in the room, including this member. The message is encoded once, and this function
    /// does not wait for anybody.
    ///
    /// # Errors
    ///
    /// Returns [`SocketError::Encode`] if the message cannot be serialized, and [`SocketError::Closed`] if this
    /// member's connection is closed and another member has taken its place.
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
    /// Returns the same errors as [`broadcast`](Self::broadcast).
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
