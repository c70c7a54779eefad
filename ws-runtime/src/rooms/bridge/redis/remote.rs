//! [`RemoteMembers`]: the members that a room has in other processes, as this process knows them.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use tokio::time::Instant;

use super::wire::{Holder, Node};
use crate::{
    Close, CloseError as _, Message,
    connection::Outbox,
    observe,
    rooms::{
        MemberTaken, Meta,
        join::{Entrant, Taken},
        roster::Roster,
        seats::{Known, Locked, Numbers, State, To, lock},
    },
};

/// The members of one room in other processes. It starts from a snapshot, and follows what Redis publishes about the
/// room.
#[derive(Default)]
pub(in crate::rooms) struct RemoteMembers {
    /// What each process that has the ID told of it. There are several if they share it.
    members: BTreeMap<Arc<str>, Vec<Entry>>,
    /// When the members of this process came, by their numbers.
    arrivals: HashMap<u64, Arrival>,
}

/// How a connection of this process came to its ID.
struct Arrival {
    at: Instant,
    /// What happens to a connection elsewhere that has the ID.
    taken: Taken,
    outbox: Outbox,
}

struct Entry {
    node: Node,
    meta: Option<Meta>,
    farewell: Option<Message>,
    /// Set if Redis does not know the member, perhaps because it lost its data. The member's node has until then to
    /// claim it again.
    until: Option<Instant>,
}

/// A member of this process.
pub(super) struct Held {
    pub(super) id: Arc<str>,
    pub(super) number: u64,
    pub(super) known: Known,
    pub(super) taken: Taken,
}

impl RemoteMembers {
    pub(in crate::rooms) fn contains(&self, id: &str) -> bool {
        self.members.contains_key(id)
    }

    /// Removes a member whose ID now belongs to another, and returns its farewell.
    pub(in crate::rooms) fn forget(&mut self, id: &str) -> Option<Message> {
        self.members.remove(id)?.pop()?.farewell
    }

    pub(in crate::rooms) fn meta(&self, id: &str) -> Option<&Meta> {
        self.members.get(id)?.iter().find_map(|entry| entry.meta.as_ref())
    }

    /// Returns `true` if a connection of this process is one of several of its member, and others are in other processes.
    pub(in crate::rooms) fn shares(&self, id: &str, number: u64) -> bool {
        let taken = self.arrivals.get(&number).map(|arrival| &arrival.taken);
        matches!(taken, Some(Taken::Share)) && self.contains(id)
    }

    /// Records that a connection of this process wants an ID.
    pub(in crate::rooms) fn arrives(&mut self, number: u64, entrant: &Entrant) {
        let (taken, outbox) = (entrant.taken.clone(), entrant.outbox.clone());
        self.arrivals.insert(number, Arrival { at: Instant::now(), taken, outbox });
    }

    pub(in crate::rooms) fn leaves(&mut self, number: u64) {
        self.arrivals.remove(&number);
    }

    /// Keeps what a process told of a member, in place of what it told before.
    fn enter(&mut self, holder: Holder) {
        let Holder { id, node, meta, farewell } = holder;
        let entries = self.members.entry(id).or_default();
        entries.retain(|entry| entry.node != node);
        entries.push(Entry { node, meta, farewell, until: None });
    }

    /// Records that connections of this process share their ID with those of other processes. If Redis forgets who has it, they
    /// do not fight for it.
    fn share(&mut self, numbers: Option<&Numbers>) {
        for number in numbers.into_iter().flat_map(Numbers::all) {
            if let Some(arrival) = self.arrivals.get_mut(&number) {
                arrival.taken = Taken::Share;
            }
        }
    }

    /// Forgets what a process told of a member, and returns it.
    fn leave(&mut self, id: &str, node: Node) -> Option<Entry> {
        let entries = self.members.get_mut(id)?;
        let index = entries.iter().position(|entry| entry.node == node)?;
        let entry = entries.remove(index);
        if entries.is_empty() {
            self.members.remove(id);
        }
        Some(entry)
    }

    pub(in crate::rooms) fn ids(&self) -> impl Iterator<Item = &Arc<str>> {
        self.members.keys()
    }
}

/// What other processes tell this one.
impl Roster {
    pub(super) fn hear(&self, to: To<'_>, message: &Message) {
        self.lock().deliver(to, message);
    }

    pub(super) fn hear_close(&self, to: To<'_>, close: &Close) {
        self.lock().close_members(to, close);
    }

    /// Takes over the message that Redis keeps for those who join.
    pub(super) fn hear_retained(&self, message: Option<Message>, told: bool) {
        let mut state = self.lock();
        if let Some(message) = message.as_ref().filter(|_| told) {
            state.deliver(To::Everyone, message);
        }
        state.retained = message;
    }

    /// Takes over what a process tells of a member. Other processes may share the member, those in this process included.
    pub(super) fn hear_joined(&self, holder: Holder, is_shared: bool) {
        let mut locked = self.lock();
        let State { numbers, metas, remote, .. } = &mut *locked;
        let (id, meta) = (Arc::clone(&holder.id), holder.meta.clone());
        let known = remote.members.get(&id).map(|_| remote.meta(&id).cloned());
        let mut is_news = known.is_none_or(|known| known != meta);
        if is_shared {
            for entry in remote.members.get_mut(&id).into_iter().flatten() {
                entry.meta.clone_from(&meta);
            }
            remote.share(numbers.get(&id));
            if let Some(meta) = meta.filter(|_| numbers.contains_key(&id)) {
                is_news |= metas.insert(Arc::clone(&id), meta.clone()).as_ref() != Some(&meta);
            }
        } else {
            remote.members.remove(&id);
        }
        remote.enter(holder);
        if is_news {
            locked.changed();
        }
    }

    /// Sends the farewell of a member that was in the room to the members in this process.
    pub(super) fn hear_left(&self, id: &str, node: Node, farewell: Option<&Message>) {
        let mut state = self.lock();
        let Some(entry) = state.remote.leave(id, node) else { return };
        Self::left(&mut state, id, farewell);
        // If connections of this process are the same member, its farewell is said after the last one of these.
        if let Some(heir) = state.inherit(id, entry.farewell.as_ref()) {
            self.tell_of(&state, heir);
        }
    }

    /// Sends the farewell of a member that left this process, which other processes seemed to have, too.
    pub(super) fn hear_untold(&self, id: &str, farewell: Option<&Message>) {
        Self::left(&mut self.lock(), id, farewell);
    }

    /// Sends a farewell, and records that the member left if nobody has it any more.
    fn left(state: &mut Locked<'_>, id: &str, farewell: Option<&Message>) {
        if !state.numbers.contains_key(id) && !state.remote.contains(id) {
            if let Some(log) = &state.log {
                lock(log).left(&Arc::from(id));
            }
        }
        if let Some(farewell) = farewell {
            state.deliver(To::Everyone, farewell);
        }
        state.changed();
    }

    /// Closes the connections of a member up to a number, because somebody elsewhere has taken its ID. Its farewell is not said.
    /// One with a greater number has claimed the ID in turn, and keeps it.
    pub(super) fn hear_replaced(&self, id: &str, number: u64, close: &Close) {
        let mut state = self.lock();
        state.replace(id, number, close);
        if !state.numbers.contains_key(id) {
            // What it told of itself went with it.
            state.metas.remove(id);
        }
    }

    /// Takes over the snapshot that Redis has. A member that is missing in it is kept for `grace`.
    pub(super) fn hear_snapshot(&self, holders: Vec<Holder>, own: Node, grace: Duration) {
        let mut locked = self.lock();
        let State { numbers, remote, .. } = &mut *locked;
        let until = Instant::now() + grace;
        for entry in remote.members.values_mut().flatten() {
            entry.until.get_or_insert(until);
        }
        let (ours, others): (Vec<_>, Vec<_>) = holders.into_iter().partition(|holder| holder.node == own);
        for holder in &others {
            remote.members.remove(&holder.id);
        }
        for holder in others {
            remote.enter(holder);
        }
        let is_held = |entries: &Vec<Entry>| entries.iter().any(|entry| entry.until.is_none());
        for Holder { id, .. } in ours {
            if remote.members.get(&id).is_some_and(is_held) {
                remote.share(numbers.get(&id));
            }
        }
        locked.changed();
    }

    /// Removes the members that their nodes did not claim again in time.
    pub(super) fn expire(&self) {
        let now = Instant::now();
        let mut state = self.lock();
        let mut gone = Vec::new();
        state.remote.members.retain(|_, entries| {
            let mut farewell = None;
            entries.retain_mut(|entry| {
                let stays = entry.until.is_none_or(|until| until > now);
                if !stays {
                    farewell = entry.farewell.take();
                }
                stays
            });
            if entries.is_empty() {
                gone.push(farewell);
            }
            !entries.is_empty()
        });
        for farewell in gone.iter().flatten() {
            state.deliver(To::Everyone, farewell);
        }
        if !gone.is_empty() {
            state.changed();
        }
    }
}

/// What this process tells the others.
impl Roster {
    pub(super) fn retained(&self) -> Option<Message> {
        self.lock().retained.clone()
    }

    pub(super) fn is_followed(&self) -> bool {
        self.lock().followed
    }

    /// Returns the members in this process, including those that are about to join.
    pub(super) fn held(&self) -> Vec<Held> {
        let state = self.lock();
        let held =
            state.numbers.iter().flat_map(|(id, numbers)| numbers.all().map(move |number| (id, number)));
        held.map(|(id, number)| {
            let arrival = state.remote.arrivals.get(&number);
            let taken = arrival.map_or(Taken::Refuse, |arrival| arrival.taken.clone());
            Held { id: Arc::clone(id), number, known: state.known_of(id), taken }
        })
        .collect()
    }

    /// Returns when a connection of this process came that has an ID, or is about to have it. Returns `None` if it is gone,
    /// or if it is over and would take the ID from another: its client may have that one by now.
    pub(super) fn arrival(&self, id: &str, number: u64) -> Option<Instant> {
        let state = self.lock();
        let arrival = state.remote.arrivals.get(&number).filter(|_| state.holds(id, number))?;
        let is_over = matches!(arrival.taken, Taken::Replace(_)) && arrival.outbox.is_closed();
        (!is_over).then_some(arrival.at)
    }

    pub(super) fn holds_any(&self, id: &str) -> bool {
        self.lock().numbers.contains_key(id)
    }

    /// Closes a member whose ID turned out to belong to another.
    pub(super) fn evict(&self, id: &str, number: u64) {
        let mut state = self.lock();
        if let Some(outbox) = state.seats.get(&number).map(|seat| seat.outbox.clone()) {
            let close = match state.remote.arrivals.get(&number).map(|arrival| &arrival.taken) {
                Some(Taken::Replace(close)) => close.clone(),
                _ => MemberTaken.close(),
            };
            state.close(outbox, close);
            self.remove(&mut state, number);
            observe::info!("closed a member: its ID was taken in another process while Redis was away");
        } else {
            state.release(id, number);
        }
    }
}
