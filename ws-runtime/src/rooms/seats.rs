//! [`State`]: the seats of one room, which its lock protects; and [`Locked`], which holds that lock.

use std::{
    collections::{BTreeMap, HashMap},
    mem,
    ops::{Deref, DerefMut},
    sync::{Arc, MutexGuard},
    task::Waker,
};

use tokio::sync::watch;

use super::{SlowMember, bridge::RemoteMembers, slow::Slow};
use crate::{
    Close, Message,
    connection::{ConnectionError, Outbox},
    protocol::Broadcast,
};

/// The recipients of a message.
#[derive(Debug, Clone, Copy)]
pub(super) enum To<'a> {
    Everyone,
    /// Everyone but this member.
    Except(&'a str),
    /// This member alone.
    Only(&'a str),
}

#[derive(Default)]
pub(super) struct State {
    /// The seats in the order of joining. Each has a number that is never used again.
    pub(super) seats: BTreeMap<u64, Seat>,
    /// The numbers by ID, including those of members that are about to take their seat.
    pub(super) numbers: HashMap<Arc<str>, u64>,
    pub(super) next: u64,
    /// The message that each new member receives.
    pub(super) retained: Option<Message>,
    /// The members in other processes.
    pub(super) remote: RemoteMembers,
    /// Set once this room follows its members in other processes.
    pub(super) followed: bool,
}

/// A member, from the room's point of view.
pub(super) struct Seat {
    pub(super) id: Arc<str>,
    pub(super) outbox: Outbox,
    /// The ticket that the connection gives back when it leaves the room.
    pub(super) ticket: u64,
    pub(super) slow: Arc<Slow>,
    pub(super) farewell: Option<Message>,
}

/// The locked state of a room. Actions that must not happen under the lock are done once it is released.
pub(super) struct Locked<'a> {
    // The lock must be released first, so this field comes before the actions: fields are dropped in order.
    state: MutexGuard<'a, State>,
    after: After<'a>,
}

/// The actions to do once the lock is released. Waking a task may drop it and thereby leave the room, which takes the
/// lock.
struct After<'a> {
    woken: Vec<Waker>,
    closed: Vec<(Outbox, Close)>,
    changed: bool,
    /// Counts joins and leaves.
    changes: &'a watch::Sender<u64>,
}

impl<'a> Locked<'a> {
    pub(super) fn new(state: MutexGuard<'a, State>, changes: &'a watch::Sender<u64>) -> Self {
        let after = After { woken: Vec::new(), closed: Vec::new(), changed: false, changes };
        Self { state, after }
    }

    /// Records that somebody joined or left.
    pub(super) fn changed(&mut self) {
        self.after.changed = true;
    }

    /// Closes a connection once the lock is released.
    #[cfg(feature = "redis")]
    pub(super) fn close(&mut self, outbox: Outbox, close: Close) {
        self.after.closed.push((outbox, close));
    }

    /// Closes the connections of members in this process once the lock is released.
    pub(super) fn close_members(&mut self, to: To<'_>, close: &Close) {
        let Self { state, after } = self;
        let members = state.seats.values().filter(|seat| match to {
            To::Everyone => true,
            To::Except(id) => *seat.id != *id,
            To::Only(id) => *seat.id == *id,
        });
        after.closed.extend(members.map(|seat| (seat.outbox.clone(), close.clone())));
    }

    /// Sends a message to recipients in this process.
    pub(super) fn deliver(&mut self, to: To<'_>, message: &Message) {
        let Self { state, after } = self;
        let except = match to {
            To::Everyone => None,
            To::Except(id) => state.numbers.get(id),
            To::Only(id) => {
                if let Some(seat) = state.seat(id) {
                    seat.push(&Broadcast::new(message), after);
                }
                return;
            }
        };
        let broadcast = Broadcast::new(message);
        for (number, seat) in &state.seats {
            if Some(number) != except {
                seat.push(&broadcast, after);
            }
        }
    }
}

impl Deref for Locked<'_> {
    type Target = State;

    fn deref(&self) -> &State {
        &self.state
    }
}

impl DerefMut for Locked<'_> {
    fn deref_mut(&mut self) -> &mut State {
        &mut self.state
    }
}

impl Drop for After<'_> {
    fn drop(&mut self) {
        mem::take(&mut self.woken).into_iter().for_each(Waker::wake);
        for (outbox, close) in mem::take(&mut self.closed) {
            // The connection may be closed already.
            let _ = outbox.close(close);
        }
        if self.changed {
            self.changes.send_modify(|changes| *changes += 1);
        }
    }
}

impl State {
    pub(super) fn len(&self) -> usize {
        self.present().count() + self.elsewhere().count()
    }

    /// Returns the members in this process that can still receive messages.
    pub(super) fn present(&self) -> impl Iterator<Item = &Seat> {
        self.seats.values().filter(|seat| !seat.outbox.is_closed())
    }

    pub(super) fn seat(&self, id: &str) -> Option<&Seat> {
        self.numbers.get(id).and_then(|number| self.seats.get(number))
    }

    /// Returns the IDs of the members that are in other processes only.
    pub(super) fn elsewhere(&self) -> impl Iterator<Item = &Arc<str>> {
        self.remote.ids().filter(|id| self.seat(id).is_none())
    }
}

impl Seat {
    fn push(&self, message: &Broadcast<'_>, after: &mut After<'_>) {
        match self.outbox.try_broadcast(message, self.slow.patience) {
            Ok(woken) => after.woken.extend(woken),
            Err(ConnectionError::Full) => {
                let action = if let SlowMember::Close(close) = &self.slow.action {
                    after.closed.push((self.outbox.clone(), close.clone()));
                    "close"
                } else {
                    "drop"
                };
                self.outbox.limits().endpoint.slow_member(action, &self.slow.told);
            }
            // A member that is closed already receives nothing more, and is about to leave.
            Err(_) => {}
        }
    }
}
