//! [`Room`]: a handle of one room, for those inside and outside; and [`Presence`].

use std::{fmt, marker::PhantomData, sync::Arc};

use tokio::sync::watch;

use super::{Member, MemberTaken, NotAMember, RoomError, roster::Roster, slow::Slow};
use crate::{Encode, Json, Message, Sender, SocketError};

/// A room: those who joined under its name. Clones are the same room, and it is cheap to clone.
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

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.roster.name()
    }

    /// Joins under an ID that nobody else in the room has. The member is in the room until the returned value is
    /// dropped, or its connection is over.
    ///
    /// A member whose connection is closed is not listed any more, and hears nothing. Its endpoint may still say something to
    /// the room, for `close_timeout` (5 seconds by default) after the connection is over; then it leaves, with its farewell, if
    /// it has not before. It does not stand in the way of another who joins under its ID: it leaves first.
    ///
    /// # Errors
    ///
    /// [`MemberTaken`] if somebody has the ID.
    pub async fn join(&self, id: &str, sender: Sender<Out, C>) -> Result<Member<Out, C>, MemberTaken> {
        let outbox = sender.into_outbox();
        let id = Arc::from(id);
        let number = self.roster.join(&id, outbox.clone(), Arc::clone(&self.slow)).await?;
        Ok(Member::new(self.clone(), id, number, outbox))
    }

    /// The IDs of those in the room, in the order in which they joined. With Redis, those of other processes stand behind
    /// them, by ID.
    #[must_use]
    pub fn members(&self) -> Vec<String> {
        self.roster.members()
    }

    /// Whether somebody in the room has this ID.
    #[must_use]
    pub fn contains(&self, id: &str) -> bool {
        self.roster.contains(id)
    }

    /// How many are in the room.
    #[must_use]
    pub fn len(&self) -> usize {
        self.roster.len()
    }

    /// Whether nobody is in the room.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A watch over who is in the room.
    #[must_use]
    pub fn presence(&self) -> Presence<Out, C> {
        Presence { changes: self.roster.changes(), room: self.clone() }
    }
}

/// Messages of the type that the room has.
impl<Out, C> Room<Out, C> {
    /// Sends a message to everyone in the room. It is encoded once, and waits for nobody: see
    /// [`SlowMember`](super::SlowMember).
    ///
    /// # Errors
    ///
    /// [`SocketError::Encode`] if the message does not serialize.
    pub fn broadcast(&self, message: &Out) -> Result<(), SocketError>
    where
        C: Encode<Out>,
    {
        self.roster.broadcast(&*C::encode(message)?);
        Ok(())
    }

    /// Sends a message to everyone but one; to everyone if nobody has that ID.
    ///
    /// # Errors
    ///
    /// As [`broadcast`](Self::broadcast).
    pub fn broadcast_except(&self, id: &str, message: &Out) -> Result<(), SocketError>
    where
        C: Encode<Out>,
    {
        self.roster.broadcast_except(id, &*C::encode(message)?);
        Ok(())
    }

    /// Sends a message to one member.
    ///
    /// # Errors
    ///
    /// [`RoomError::NotAMember`] if nobody in the room has the ID, else as [`broadcast`](Self::broadcast).
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

/// A watch over who is in a room; made by [`Room::presence`].
///
/// ```
/// # use ws_runtime::rooms::Room;
/// /// Waits until two players are there.
/// async fn full(room: &Room) -> Vec<String> {
///     let mut presence = room.presence();
///     loop {
///         let members = presence.members();
///         if members.len() == 2 {
///             return members;
///         }
///         presence.changed().await;
///     }
/// }
/// ```
pub struct Presence<Out = Message, C = Json> {
    room: Room<Out, C>,
    changes: watch::Receiver<u64>,
}

impl<Out, C> Presence<Out, C> {
    /// The IDs of those in the room now. The next [`changed`](Self::changed) waits for a change from here on.
    pub fn members(&mut self) -> Vec<String> {
        self.changes.mark_unchanged();
        self.room.members()
    }

    /// Waits until somebody joins or leaves. Several changes may be seen as one; none is missed. Cancel-safe.
    pub async fn changed(&mut self) {
        // The room holds the other end.
        let _ = self.changes.changed().await;
    }
}

impl<Out, C> fmt::Debug for Presence<Out, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Presence").field("room", &self.room).finish_non_exhaustive()
    }
}
