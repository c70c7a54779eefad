//! [`Join`]: how a connection enters a room.

use std::{
    fmt,
    future::{Future, IntoFuture},
    pin::Pin,
    sync::Arc,
};

use tokio::task::yield_now;

use super::{Member, MemberTaken, Room, seats::Replay, slow::Slow};
use crate::{
    Close, Encode, IntoClose, Sender,
    close::ours,
    connection::Outbox,
    tracked::{Envelop, Position, Tracked, Wrap},
};

/// Joins a room once it is awaited; returned by [`Room::join`].
///
/// ```
/// # use ws_runtime::{Result, State, WebSocket, rooms::{Position, Rooms, Tracked}, websocket};
/// # #[websocket("/chat/<user>")]
/// # async fn chat(user: String, #[query] since: Option<Position>, rooms: State<Rooms<String>>, ws: WebSocket<(), Tracked<String>>) -> Result {
/// let room = rooms.room("lobby");
/// let member = room.join(&user, ws.sender()).since(since).replace().await?;
/// println!("{user} is back: {}", member.recovery());
/// # Ok(())
/// # }
/// ```
#[must_use = "nobody joins until this is awaited"]
pub struct Join<'a, Out, C> {
    room: &'a Room<Out, C>,
    id: Arc<str>,
    entrant: Entrant,
}

/// What is known of a connection before it joins.
pub(super) struct Entrant {
    pub(super) outbox: Outbox,
    /// How to put messages into envelopes, if the connection wants that.
    pub(super) wrap: Option<Wrap>,
    pub(super) slow: Arc<Slow>,
    pub(super) since: Option<Position>,
    pub(super) taken: Taken,
}

/// What happens if somebody has the ID.
#[derive(Debug, Clone)]
pub(super) enum Taken {
    /// The newcomer is refused.
    Refuse,
    /// The older connection is closed.
    Replace(Close),
    /// Both are the same member.
    Share,
}

impl<'a, Out, C> Join<'a, Out, C> {
    pub(super) fn new(
        room: &'a Room<Out, C>,
        id: &str,
        sender: impl RoomSender<Out, C>,
        slow: Arc<Slow>,
    ) -> Self {
        let sealed::Parts(outbox, wrap) = sender.into_parts();
        Self {
            room,
            id: id.into(),
            entrant: Entrant { outbox, wrap, slow, since: None, taken: Taken::Refuse },
        }
    }

    /// Gives the member what it missed since a position that its client received earlier. [`Member::recovery`] returns what
    /// became of that.
    ///
    /// The missed messages are queued in their order and before all later ones, with no gap and no message twice, even while
    /// others send. As many are queued as the [`send_buffer`](crate::SendBuffer) of the connection holds; the rest waits
    /// until the client has taken them. Awaiting this takes as long. If the room's history moves past a client that reads
    /// too slowly, the answer is [`Recovery::Lost`](super::Recovery::Lost).
    ///
    /// Private messages count: those that were [sent](Room::send_to) to the ID while the client was away.
    pub fn since(mut self, position: impl Into<Option<Position>>) -> Self {
        self.entrant.since = position.into();
        self
    }

    /// Takes the ID from the connection that has it, in place of failing with [`MemberTaken`]. The older connection is closed
    /// with 4001 `replaced by a newer connection`, after which [`Client`](crate::client) does not reconnect. Its farewell is
    /// not said: to the others, the member has been there all the time. An older connection that is lost, without the server
    /// having noticed, makes way in the same manner. A connection that is over by the time it joins takes the ID from nobody.
    ///
    /// If a still newer connection in another process has the ID, then this one is closed in that way, and this fails with
    /// [`MemberTaken`].
    pub fn replace(self) -> Self {
        self.replace_with(ours::REPLACED.close())
    }

    /// Takes the ID as [`replace`](Self::replace) does, and closes the older connection with this close.
    pub fn replace_with(mut self, close: impl IntoClose) -> Self {
        self.entrant.taken = Taken::Replace(close.into_close());
        self
    }

    /// Shares the ID with the connections that have it, as a person with two windows does. The member is listed once, and
    /// leaves with the last of its connections. Messages to the ID reach all of them, and those to everyone but the ID none:
    /// [`Member::broadcast_others`] does not reach the member's other windows. With Redis, the connections may be in different
    /// processes.
    pub fn share(mut self) -> Self {
        self.entrant.taken = Taken::Share;
        self
    }

    async fn join(self) -> Result<Member<Out, C>, MemberTaken> {
        let Self { room, id, mut entrant } = self;
        if matches!(entrant.taken, Taken::Replace(_)) {
            // The connection is read meanwhile. If its client has given up already, it has another one by now perhaps.
            yield_now().await;
            if entrant.outbox.is_closed() {
                entrant.taken = Taken::Refuse;
            }
        }
        let (outbox, taken) = (entrant.outbox.clone(), entrant.taken.clone());
        let joined = room.roster().join(&id, entrant).await;
        if let (Err(MemberTaken), Taken::Replace(close)) = (&joined, taken) {
            // A newer connection in another process has the ID. This one is the older, and is closed like every other.
            let _ = outbox.close(close);
        }
        let (number, recovery) = joined?;
        // From here on, dropping the future leaves the room.
        let mut member = Member::new(room.clone(), id, number, outbox, recovery);
        loop {
            match room.roster().replay(number) {
                Replay::Done => return Ok(member),
                Replay::Lost => {
                    member.overtaken();
                    return Ok(member);
                }
                // There never will be room if the connection is over: the endpoint notices by itself.
                Replay::Full if member.outbox().capacity().await.is_err() => return Ok(member),
                Replay::Full => {}
            }
        }
    }
}

impl<'a, Out: 'a, C: 'a> IntoFuture for Join<'a, Out, C> {
    type Output = Result<Member<Out, C>, MemberTaken>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.join())
    }
}

impl<Out, C> fmt::Debug for Join<'_, Out, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Join")
            .field("room", &self.room.name())
            .field("id", &self.id)
            .field("since", &self.entrant.since)
            .finish_non_exhaustive()
    }
}

/// A sender that can join a room of messages of the type `Out`: a `Sender<Out, C>`, or a `Sender<Tracked<Out>, C>`, whose
/// client is told the positions of messages.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot join a room of `{Out}`",
    label = "expected a `Sender<{Out}, {C}>`, or a `Sender<Tracked<{Out}>, {C}>`",
    note = "`ws.sender()` is the sender of a connection"
)]
pub trait RoomSender<Out, C>: sealed::RoomSender<Out, C> {}

impl<Out, C> RoomSender<Out, C> for Sender<Out, C> {}

impl<Out, C: Envelop + Encode<Tracked<Out>>> RoomSender<Out, C> for Sender<Tracked<Out>, C> {}

mod sealed {
    use super::{Encode, Envelop, Outbox, Sender, Tracked, Wrap};

    pub trait RoomSender<Out, C> {
        #[doc(hidden)]
        fn into_parts(self) -> Parts;
    }

    /// The connection, and how to put messages into envelopes.
    #[derive(Debug)]
    pub struct Parts(pub(super) Outbox, pub(super) Option<Wrap>);

    impl<Out, C> RoomSender<Out, C> for Sender<Out, C> {
        fn into_parts(self) -> Parts {
            Parts(self.into_outbox(), None)
        }
    }

    impl<Out, C: Envelop + Encode<Tracked<Out>>> RoomSender<Out, C> for Sender<Tracked<Out>, C> {
        fn into_parts(self) -> Parts {
            Parts(self.into_outbox(), Some(C::wrap))
        }
    }
}
