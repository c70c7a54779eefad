//! [`Roster`]: the members of one room, and the way that a message takes to all of them.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::watch;

use super::{
    MemberTaken, Meta, NotAMember, Position, Recovery, WhyLost,
    bridge::Relay,
    join::{Entrant, Taken},
    log::Log,
    registry::Registry,
    seats::{Locked, Numbers, Replay, Seat, State, To, Tracking, lock},
};
use crate::{
    Message, SocketError,
    connection::{Outbox, Party},
};

/// The members of one room. It only sees encoded messages, so it is not generic over their type.
///
/// One lock is held while a message is appended to every member's outbox. That never waits, and it makes all members
/// receive messages in the same order.
pub(super) struct Roster {
    name: Arc<str>,
    registry: Arc<Registry>,
    state: Mutex<State>,
    /// Counts joins and leaves.
    changes: watch::Sender<u64>,
}

impl Roster {
    pub(super) fn new(name: Arc<str>, registry: Arc<Registry>, log: Option<Arc<Mutex<Log>>>) -> Self {
        let state = State { log, ..State::default() };
        Self { name, registry, state: Mutex::new(state), changes: watch::Sender::new(0) }
    }

    pub(super) fn name(&self) -> &Arc<str> {
        &self.name
    }

    #[cfg(feature = "redis")]
    pub(super) fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    pub(super) fn relay(&self) -> &Relay {
        self.registry.relay()
    }

    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    pub(super) fn position(&self) -> Option<Position> {
        self.follow().log.as_ref().and_then(|log| lock(log).position())
    }

    pub(super) fn lock(&self) -> Locked<'_> {
        Locked::new(self.state.lock().unwrap_or_else(PoisonError::into_inner), &self.changes)
    }

    /// Locks the room and starts to follow its members in other processes, if it does not follow them already.
    pub(super) fn follow(&self) -> Locked<'_> {
        let mut state = self.lock();
        if !state.followed {
            state.followed = true;
            self.relay().follow(self);
        }
        state
    }
}

/// The methods for joining and leaving.
impl Roster {
    /// Takes a seat. Returns its number, and what became of the messages that the member missed. A connection that has been
    /// over for a while gets no seat.
    pub(super) async fn join(
        self: &Arc<Self>,
        id: &Arc<str>,
        entrant: Entrant,
    ) -> Result<(u64, Recovery), MemberTaken> {
        let reserved = self.reserve(id, &entrant)?;
        // Another connection of the member may have told something.
        let known = self.lock().known_of(id);
        self.relay().claim(self, id, reserved.number, known, entrant.taken.clone()).await?;
        reserved.take(entrant)
    }

    /// Reserves a seat. A member whose connection is closed counts as having left, even if its endpoint has not noticed
    /// yet, so that a client can reconnect at once.
    fn reserve<'a>(
        self: &'a Arc<Self>,
        id: &'a Arc<str>,
        entrant: &Entrant,
    ) -> Result<Reserved<'a>, MemberTaken> {
        let mut state = self.follow();
        if let Taken::Replace(close) = &entrant.taken {
            state.replace(id, u64::MAX, close);
        } else {
            let over = state
                .numbers
                .get(id)
                .into_iter()
                .flat_map(Numbers::all)
                .filter(|number| state.seats.get(number).is_some_and(|seat| seat.outbox.is_closed()));
            for number in over.collect::<Vec<_>>() {
                self.remove(&mut state, number);
            }
        }
        let number = state.next;
        match state.numbers.get_mut(id) {
            Some(_) if matches!(entrant.taken, Taken::Refuse) => return Err(MemberTaken),
            Some(numbers) => {
                numbers.add(number);
                state.shared = true;
            }
            None => {
                state.numbers.insert(Arc::clone(id), Numbers::new(number));
            }
        }
        state.remote.arrives(number, entrant);
        state.next += 1;
        Ok(Reserved { roster: self, id, number, taken: false })
    }

    /// Gives a member the next messages that it missed.
    pub(super) fn replay(&self, number: u64) -> Replay {
        self.lock().replay(number)
    }

    pub(super) fn leave(&self, number: u64) {
        self.remove(&mut self.lock(), number);
    }

    /// Clears a seat, unless it is cleared already, and sends the farewell to the remaining members.
    pub(super) fn remove(&self, state: &mut Locked<'_>, number: u64) {
        let Some(seat) = state.seats.remove(&number) else { return };
        seat.outbox.leave(seat.ticket);
        // Other processes may have the member, too. Redis knows whether they still do, and tells the farewell if not.
        let is_shared = state.remote.shares(&seat.id, number);
        // The others of this ID are the same member.
        if !state.release(&seat.id, number) {
            state.inherit(&seat.id, seat.farewell.as_ref());
            state.changed();
            return;
        }
        if let Some(log) = state.log.as_ref().filter(|_| !is_shared) {
            lock(log).left(&seat.id);
        }
        // Redis remembers the farewell when the ID is released, and tells it to all.
        let is_told = !is_shared && state.kept_elsewhere().is_none();
        if let Some(farewell) = seat.farewell.as_ref().filter(|_| is_told) {
            state.deliver(To::Everyone, farewell);
        }
        // Another connection of this ID may have claimed it last, so this covers all that have claimed it so far.
        self.relay().release(self, &seat.id, state.next - 1, seat.farewell.as_ref(), is_shared);
        state.changed();
    }

    pub(super) fn set_farewell(&self, number: u64, farewell: Message) {
        let mut state = self.lock();
        if let Some(seat) = state.seats.get_mut(&number) {
            seat.farewell = Some(farewell);
            self.tell_of(&state, number);
        }
    }

    pub(super) fn set_meta(&self, number: u64, meta: Meta) {
        let mut state = self.lock();
        if let Some(id) = state.seats.get(&number).map(|seat| Arc::clone(&seat.id)) {
            state.metas.insert(id, meta);
            state.changed();
            self.tell_of(&state, number);
        }
    }

    /// Tells other processes what is known of a member.
    pub(super) fn tell_of(&self, state: &State, number: u64) {
        if let Some(seat) = state.seats.get(&number) {
            self.relay().update(self, &seat.id, number, state.known_of(&seat.id));
        }
    }

    /// Returns what a member tells of itself.
    pub(super) fn meta(&self, id: &str) -> Option<Meta> {
        self.follow().meta(id).cloned()
    }

    /// Returns the members, and what they tell of themselves.
    pub(super) fn people(&self) -> Vec<(Arc<str>, Option<Meta>)> {
        self.follow().people()
    }
}

/// A reserved seat. Dropping it gives the seat up.
struct Reserved<'a> {
    roster: &'a Arc<Roster>,
    id: &'a Arc<str>,
    number: u64,
    taken: bool,
}

impl Reserved<'_> {
    fn take(mut self, entrant: Entrant) -> Result<(u64, Recovery), MemberTaken> {
        let Entrant { outbox, wrap, slow, since, taken } = entrant;
        let mut state = self.roster.lock();
        // The ID may have turned out to be another's in the meantime.
        if !state.holds(self.id, self.number) {
            return Err(MemberTaken);
        }
        let (found, position) = match &state.log {
            None => (since.map(|_| Err(WhyLost::NoHistory)), None),
            Some(log) => {
                let mut log = lock(log);
                (since.map(|since| log.find(since)), log.position())
            }
        };
        let (recovery, cursor) = match found {
            None => (Recovery::New, None),
            Some(Err(why)) => (Recovery::Lost { why }, None),
            Some(Ok(cursor)) => {
                let missed = state
                    .log
                    .as_ref()
                    .map_or(0, |log| lock(log).after(cursor).filter(|entry| entry.is_for(self.id)).count());
                (Recovery::Recovered { missed: missed as u64 }, Some(cursor))
            }
        };
        let party: Weak<dyn Party> = Arc::<Roster>::downgrade(self.roster);
        let Some(ticket) = outbox.enter(party, self.number) else { return Ok((self.number, recovery)) };
        if let Some(log) = &state.log {
            lock(log).returned(self.id);
        }
        match taken {
            Taken::Share => state.adopt(self.id),
            // One that was replaced has not left.
            Taken::Replace(_) => drop(state.remote.forget(self.id)),
            // Such a member may belong to a process that is gone, and Redis could not be asked about it.
            Taken::Refuse => {
                if let Some(farewell) = state.remote.forget(self.id) {
                    state.deliver(To::Everyone, &farewell);
                }
            }
        }
        if let Some(wrap) = wrap {
            state.wrap = Some(wrap);
        }
        let tracking = (wrap.is_some() || cursor.is_some()).then(|| Box::new(Tracking::new(wrap, cursor)));
        let seat = Seat { id: Arc::clone(self.id), outbox, ticket, slow, farewell: None, tracking };
        state.seats.insert(self.number, seat);
        // What comes next for the member has this position, or is what it missed since the position that it has.
        let position = if cursor.is_some() { since } else { position };
        if position.is_some() || recovery != Recovery::New {
            state.tell(self.number, position, recovery);
        }
        // A member that has everything knows what others were told of it.
        if let Some(retained) = state.retained.clone().filter(|_| !recovery.is_recovered()) {
            state.give(self.number, &retained);
        }
        self.taken = true;
        if state.metas.contains_key(self.id) {
            self.roster.tell_of(&state, self.number);
        }
        state.changed();
        state.replay(self.number);
        Ok((self.number, recovery))
    }
}

impl Drop for Reserved<'_> {
    fn drop(&mut self) {
        if self.taken {
            return;
        }
        let mut state = self.roster.lock();
        // Another process may have taken the ID before this one claimed it in turn. Nobody here has it then, so the claim is given
        // up as well.
        let is_last = if state.holds(self.id, self.number) {
            state.release(self.id, self.number)
        } else {
            !state.numbers.contains_key(self.id)
        };
        if is_last {
            self.roster.relay().release(self.roster, self.id, self.number, None, false);
        }
    }
}

/// The methods for sending.
impl Roster {
    pub(super) fn broadcast(&self, message: &Message) {
        self.send(&mut self.lock(), To::Everyone, message);
    }

    pub(super) fn broadcast_except(&self, id: &str, message: &Message) {
        self.send(&mut self.lock(), To::Except(id), message);
    }

    /// Broadcasts on behalf of a member. Nothing more is sent for it after its farewell.
    pub(super) fn broadcast_as(
        &self,
        number: u64,
        outbox: &Outbox,
        to: To<'_>,
        message: &Message,
    ) -> Result<(), SocketError> {
        let mut state = self.lock();
        if !state.seats.contains_key(&number) {
            if let Some(closed) = outbox.closed() {
                return Err(SocketError::Closed(closed));
            }
        }
        self.send(&mut state, to, message);
        Ok(())
    }

    pub(super) fn send_to(&self, id: &str, message: &Message) -> Result<(), NotAMember> {
        let mut state = self.follow();
        // A member that lost its connection gets the message when it is back.
        let is_here = state.is_present(id) || state.log.as_ref().is_some_and(|log| lock(log).awaits(id));
        let is_elsewhere = state.remote.contains(id);
        if !is_here && !is_elsewhere {
            return Err(NotAMember);
        }
        let kept_elsewhere = state.kept_elsewhere();
        if is_here && kept_elsewhere.is_none() {
            state.deliver(To::Only(id), message);
        }
        if is_elsewhere || kept_elsewhere.is_some() {
            self.relay().publish(self, To::Only(id), message, kept_elsewhere);
        }
        Ok(())
    }

    /// This publishes under the lock, so that other processes see the same order.
    fn send(&self, state: &mut Locked<'_>, to: To<'_>, message: &Message) {
        let kept_elsewhere = state.kept_elsewhere();
        if kept_elsewhere.is_none() {
            state.deliver(to, message);
        }
        self.relay().publish(self, to, message, kept_elsewhere);
    }
}

/// The methods for presence.
impl Roster {
    pub(super) fn members(&self) -> Vec<String> {
        let state = self.follow();
        let here = state.present().map(|seat| &seat.id);
        here.chain(state.elsewhere()).map(|id| id.as_ref().to_owned()).collect()
    }

    pub(super) fn contains(&self, id: &str) -> bool {
        let state = self.follow();
        state.is_present(id) || state.remote.contains(id)
    }

    pub(super) fn len(&self) -> usize {
        self.follow().len()
    }

    /// Returns the number of members that are known already, without starting to follow other processes.
    pub(super) fn known(&self) -> usize {
        self.lock().len()
    }
}

/// Handles events of the members' connections.
impl Party for Roster {
    fn closed(&self) {
        self.changes.send_modify(|changes| *changes += 1);
    }

    fn expel(&self, number: u64) {
        self.leave(number);
    }
}

impl Drop for Roster {
    fn drop(&mut self) {
        self.registry.forget(&self.name);
    }
}
