//! [`Room`]: a handle to one room, for members and others.

use std::{fmt, marker::PhantomData, sync::Arc};

#[cfg(doc)]
use super::MemberTaken;
use super::{Join, Meta, NotAMember, Position, Presence, RoomError, RoomSender, roster::Roster, slow::Slow};
use crate::{Encode, Json, Message, SocketError};

/// A handle to a room. Clones are cheap and refer to the same room.
///
/// ```
/// # use ws_runtime::{Message, rooms::Rooms};
/// let rooms: Rooms = Rooms::new();
/// let lobby = rooms.room("lobby");
/// assert!(lobby.is_empty());
/// // From anywhere in the app, a member or not.
/// lobby.broadcast(&Message::from("the server restarts at noon"))?;
/// # Ok::<(), ws_runtime::SocketError>(())
/// ```
pub struct Room<Out = Message, C = Json> {
    roster: Arc<Roster>,
    slow: Arc<Slow>,
    messages: PhantomData<fn(Out) -> C>,
}

impl<Out, C> Room<Out, C> {
    pub(super) fn new(roster: Arc<Roster>, slow: Arc<Slow>) -> Self {
        Self { roster, slow, messages: PhantomData }
    }

    pub(super) fn roster(&self) -> &Arc<Roster> {
        &self.roster
    }

    /// Returns the name of the room.
    #[must_use]
    pub fn name(&self) -> &str {
        self.roster.name()
    }

    /// Joins the room under an ID that nobody else in it has. The member stays in the room until the returned value is
    /// dropped or its connection is over. What [`Join`] offers is set before it is awaited: to get what was
    /// [missed](Join::since), and to [replace](Join::replace) or [share](Join::share) a connection that has the ID.
    ///
    /// A member whose connection is closed is no longer listed, and receives nothing. Its endpoint may still send to
    /// the room for `close_timeout` (5 seconds by default) after the connection is over; then the member leaves with
    /// its farewell, unless it has left before. It does not block its ID: if somebody joins under the same ID, it
    /// leaves first.
    ///
    /// # Errors
    ///
    /// Returns [`MemberTaken`] if somebody else has the ID.
    pub fn join(&self, id: &str, sender: impl RoomSender<Out, C>) -> Join<'_, Out, C> {
        Join::new(self, id, sender, Arc::clone(&self.slow))
    }

    /// Returns the position of the newest message that the room remembers, or `None` if the room has no
    /// [history](super::Rooms::history).
    #[must_use]
    pub fn position(&self) -> Option<Position> {
        self.roster.position()
    }

    /// Returns the IDs of the members, in the order in which they joined. With Redis, the members in other processes
    /// follow, sorted by ID.
    #[must_use]
    pub fn members(&self) -> Vec<String> {
        self.roster.members()
    }

    /// Returns `true` if somebody in the room has this ID.
    #[must_use]
    pub fn contains(&self, id: &str) -> bool {
        self.roster.contains(id)
    }

    /// Returns the number of members.
    #[must_use]
    pub fn len(&self) -> usize {
        self.roster.len()
    }

    /// Returns `true` if nobody is in the room.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns what a member tells of itself, by [`Member::set_meta`](super::Member::set_meta).
    #[must_use]
    pub fn meta(&self, id: &str) -> Option<Meta> {
        self.roster.meta(id)
    }

    /// Returns a watch on who is in the room.
    #[must_use]
    pub fn presence(&self) -> Presence<Out, C> {
        Presence::new(self.clone())
    }
}

/// Messages of the room's type.
impl<Out, C> Room<Out, C> {
    /// Sends a message to everyone in the room. The message is encoded once, and this function does not wait for
    /// anybody: see [`SlowMember`](super::SlowMember).
    ///
    /// # Errors
    ///
    /// Returns [`SocketError::Encode`] if the message cannot be serialized.
    pub fn broadcast(&self, message: &Out) -> Result<(), SocketError>
    where
        C: Encode<Out>,
    {
        self.roster.broadcast(&*C::encode(message)?);
        Ok(())
    }

    /// Sends a message to everyone except the member with this ID. If nobody has the ID, the message goes to everyone.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`broadcast`](Self::broadcast).
    pub fn broadcast_except(&self, id: &str, message: &Out) -> Result<(), SocketError>
    where
        C: Encode<Out>,
    {
        self.roster.broadcast_except(id, &*C::encode(message)?);
        Ok(())
    }

    /// Sends a message to one member. A room with a [history](super::Rooms::history) remembers it for a member that left no
    /// longer ago than the history reaches back. With Redis, those are known who left while this process knew the room.
    ///
    /// # Errors
    ///
    /// Returns [`RoomError::NotAMember`] if nobody in the room has the ID, and otherwise the same errors as
    /// [`broadcast`](Self::broadcast).
    pub fn send_to(&self, id: &str, message: &Out) -> Result<(), RoomError>
    where
        C: Encode<Out>,
    {
        self.roster.send_to(id, &*C::encode(message)?).map_err(NotAMember::into)
    }
}

impl<Out, C> Clone for Room<Out, C> {
    fn clone(&self) -> Self {
        Self::new(Arc::clone(&self.roster), Arc::clone(&self.slow))
    }
}

impl<Out, C> fmt::Debug for Room<Out, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Room")
            .field("name", &self.name())
            .field("members", &self.roster.known())
            .finish_non_exhaustive()
    }
}
