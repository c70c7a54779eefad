//! [`RemoteMembers`]: the members that a room has in other processes, as this process knows them.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use tokio::time::Instant;

use super::wire::{Holder, Node};
use crate::{
    Close, CloseError, Message,
    connection::Outbox,
    observe,
    rooms::{
        MemberTaken, Meta,
        join::{Entrant, Taken},
        roster::Roster,
        seats::{To, Told, lock},
    },
};

/// The members of one room in other processes. It starts from a snapshot, and follows what Redis publishes about the
/// room.
#[derive(Default)]
pub(in crate::rooms) struct RemoteMembers {
    members: BTreeMap<Arc<str>, Entry>,
    /// When the members of this process came, by their numbers.
    arrivals: HashMap<u64, Arrival>,
}

/// How a connection of this process came to its ID.
struct Arrival {
    at: Instant,
    /// How to close a connection elsewhere that has the ID and came earlier.
    replace: Option<Close>,
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
    pub(super) farewell: Option<Message>,
    pub(super) meta: Option<Meta>,
    pub(super) replace: Option<Close>,
}

impl RemoteMembers {
    pub(in crate::rooms) fn contains(&self, id: &str) -> bool {
        self.members.contains_key(id)
    }

    /// Removes a member whose ID now belongs to another, and returns its farewell.
    pub(in crate::rooms) fn forget(&mut self, id: &str) -> Option<Message> {
        self.members.remove(id).and_then(|entry| entry.farewell)
    }

    pub(in crate::rooms) fn meta(&self, id: &str) -> Option<&Meta> {
        self.members.get(id).and_then(|entry| entry.meta.as_ref())
    }

    /// Records that a connection of this process wants an ID.
    pub(in crate::rooms) fn arrives(&mut self, number: u64, entrant: &Entrant) {
        let replace = match &entrant.taken {
            Taken::Replace(close) => Some(close.clone()),
            Taken::Refuse | Taken::Share => None,
        };
        self.arrivals.insert(number, Arrival { at: Instant::now(), replace, outbox: entrant.outbox.clone() });
    }

    pub(in crate::rooms) fn leaves(&mut self, number: u64) {
        self.arrivals.remove(&number);
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

    pub(super) fn hear_joined(
        &self,
        id: Arc<str>,
        node: Node,
        meta: Option<Meta>,
        farewell: Option<Message>,
    ) {
        let mut state = self.lock();
        let entry = Entry { node, meta, farewell, until: None };
        let shown = entry.meta.clone();
        if state.remote.members.insert(id, entry).is_none_or(|known| known.meta != shown) {
            state.changed();
        }
    }

    /// Sends the farewell of a member that was in the room to the members in this process.
    pub(super) fn hear_left(&self, id: &str, node: Node, farewell: Option<&Message>) {
        let mut state = self.lock();
        if state.remote.members.get(id).is_none_or(|entry| entry.node != node) {
            return;
        }
        state.remote.members.remove(id);
        if let Some(log) = &state.log {
            lock(log).left(&Arc::from(id));
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
    pub(super) fn hear_snapshot(&self, holders: Vec<Holder>, grace: Duration) {
        let mut state = self.lock();
        let until = Instant::now() + grace;
        for entry in state.remote.members.values_mut() {
            entry.until.get_or_insert(until);
        }
        for Holder { id, node, meta, farewell } in holders {
            state.remote.members.insert(id, Entry { node, meta, farewell, until: None });
        }
        state.changed();
    }

    /// Removes the members that their nodes did not claim again in time.
    pub(super) fn expire(&self) {
        let now = Instant::now();
        let mut state = self.lock();
        let mut gone = Vec::new();
        state.remote.members.retain(|_, entry| {
            let stays = entry.until.is_none_or(|until| until > now);
            if !stays {
                gone.push(entry.farewell.take());
            }
            stays
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
            let Told { farewell, meta } = state.told(id);
            let replace = state.remote.arrivals.get(&number).and_then(|arrival| arrival.replace.clone());
            Held { id: Arc::clone(id), number, farewell, meta, replace }
        })
        .collect()
    }

    /// Returns when a connection of this process came that has an ID, or is about to have it. Returns `None` if it is gone,
    /// or if it is over and would take the ID from another: its client may have that one by now.
    pub(super) fn arrival(&self, id: &str, number: u64) -> Option<Instant> {
        let state = self.lock();
        let arrival = state.remote.arrivals.get(&number).filter(|_| state.holds(id, number))?;
        let is_over = arrival.replace.is_some() && arrival.outbox.is_closed();
        (!is_over).then_some(arrival.at)
    }

    pub(super) fn holds_any(&self, id: &str) -> bool {
        self.lock().numbers.contains_key(id)
    }

    /// Closes a member whose ID turned out to belong to another.
    pub(super) fn evict(&self, id: &str, number: u64) {
        let mut state = self.lock();
        if let Some(outbox) = state.seats.get(&number).map(|seat| seat.outbox.clone()) {
            let replaced = state.remote.arrivals.get(&number).and_then(|arrival| arrival.replace.clone());
            state.close(outbox, replaced.unwrap_or_else(|| MemberTaken.close()));
            self.remove(&mut state, number);
            observe::info!("closed a member: its ID was taken in another process while Redis was away");
        } else {
            state.release(id, number);
        }
    }
}
