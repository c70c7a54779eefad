//! [`Roster`]: who is in one room, and how a message gets to all of them.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

use super::{MemberTaken, NotAMember, SlowMember, registry::Registry};
use crate::{Message, SocketError, connection::Outbox};

/// The members of one room. It knows messages that are encoded already, so it has no type of its own.
///
/// One lock, which is held while a message is appended to every member's outbox. That waits for nobody, and it is what
/// makes two messages reach all members in the same order.
pub(super) struct Roster {
    name: Arc<str>,
    registry: Arc<Registry>,
    state: Mutex<State>,
    /// Counts joins and leaves.
    changes: watch::Sender<u64>,
}

/// Which of the members a message is for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Audience {
    Everyone,
    /// All but the member with this number.
    Others(u64),
}

#[derive(Default)]
struct State {
    /// In the order of joining, each under a number that is never used again.
    seats: BTreeMap<u64, Seat>,
    numbers: HashMap<Arc<str>, u64>,
    next: u64,
}

/// A member, as the room sees it.
struct Seat {
    id: Arc<str>,
    outbox: Outbox,
    slow: Arc<SlowMember>,
    farewell: Option<Message>,
}

impl Roster {
    pub(super) fn new(name: Arc<str>, registry: Arc<Registry>) -> Self {
        Self { name, registry, state: Mutex::default(), changes: watch::Sender::new(0) }
    }

    pub(super) fn name(&self) -> &Arc<str> {
        &self.name
    }

    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Joining and leaving.
impl Roster {
    /// Takes a seat, and returns its number. A member whose connection is closed has left, if its endpoint knows it or
    /// not: a client that comes back at once need not wait for that.
    pub(super) fn join(
        &self,
        id: &Arc<str>,
        outbox: Outbox,
        slow: Arc<SlowMember>,
    ) -> Result<u64, MemberTaken> {
        let mut state = self.lock();
        if let Some(&number) = state.numbers.get(id) {
            if !state.seats.get(&number).is_some_and(|seat| seat.outbox.is_closed()) {
                return Err(MemberTaken);
            }
            self.remove(&mut state, number);
        }
        let number = state.next;
        state.next += 1;
        state.numbers.insert(Arc::clone(id), number);
        state.seats.insert(number, Seat { id: Arc::clone(id), outbox, slow, farewell: None });
        self.changed();
        Ok(number)
    }

    pub(super) fn leave(&self, number: u64) {
        self.remove(&mut self.lock(), number);
    }

    /// Clears a seat, unless that was done before, and says the farewell to those who remain.
    fn remove(&self, state: &mut State, number: u64) {
        let Some(seat) = state.seats.remove(&number) else { return };
        state.numbers.remove(&seat.id);
        if let Some(farewell) = &seat.farewell {
            state.deliver(farewell, Audience::Everyone);
        }
        self.changed();
    }

    fn changed(&self) {
        self.changes.send_modify(|changes| *changes += 1);
    }

    pub(super) fn set_farewell(&self, number: u64, farewell: Option<Message>) {
        if let Some(seat) = self.lock().seats.get_mut(&number) {
            seat.farewell = farewell;
        }
    }
}

/// Sending.
impl Roster {
    pub(super) fn broadcast(&self, message: &Message) {
        self.lock().deliver(message, Audience::Everyone);
    }

    /// Broadcasts in the name of a member, whose farewell was the last that is heard of it.
    pub(super) fn broadcast_as(
        &self,
        number: u64,
        outbox: &Outbox,
        message: &Message,
        audience: Audience,
    ) -> Result<(), SocketError> {
        let state = self.lock();
        if !state.seats.contains_key(&number)
            && let Some(closed) = outbox.closed()
        {
            return Err(SocketError::Closed(closed));
        }
        state.deliver(message, audience);
        Ok(())
    }

    pub(super) fn broadcast_except(&self, id: &str, message: &Message) {
        let state = self.lock();
        let audience = state.numbers.get(id).copied().map_or(Audience::Everyone, Audience::Others);
        state.deliver(message, audience);
    }

    pub(super) fn send_to(&self, id: &str, message: &Message) -> Result<(), NotAMember> {
        let state = self.lock();
        let seat = state.numbers.get(id).and_then(|number| state.seats.get(number));
        let seat = seat.filter(|seat| !seat.outbox.is_closed()).ok_or(NotAMember)?;
        seat.push(message);
        Ok(())
    }
}

/// Presence.
impl Roster {
    pub(super) fn members(&self) -> Vec<String> {
        self.lock().seats.values().map(|seat| seat.id.as_ref().to_owned()).collect()
    }

    pub(super) fn contains(&self, id: &str) -> bool {
        self.lock().numbers.contains_key(id)
    }

    pub(super) fn len(&self) -> usize {
        self.lock().seats.len()
    }
}

impl State {
    fn deliver(&self, message: &Message, audience: Audience) {
        for (number, seat) in &self.seats {
            match audience {
                Audience::Others(except) if except == *number => {}
                _ => seat.push(message),
            }
        }
    }
}

impl Seat {
    fn push(&self, message: &Message) {
        // A member that is closed already hears nothing more, and is about to leave.
        if let Err(SocketError::Full) = self.outbox.try_push(message)
            && let SlowMember::Close(close) = &*self.slow
            && self.outbox.close(close.clone()).is_ok()
        {
            tracing::debug!("closed a member that reads too slowly");
        }
    }
}

impl Drop for Roster {
    fn drop(&mut self) {
        self.registry.forget(&self.name);
    }
}
