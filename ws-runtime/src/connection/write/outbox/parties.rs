//! [`Party`]: something that a connection takes part in until it is over, such as a room.

use std::sync::Weak;

use super::{Outbox, flag};

/// Something that connections take part in.
pub(crate) trait Party: Send + Sync {
    /// Notifies the party that one of its connections is closed, so that nothing more can be sent to it. The endpoint
    /// of that connection may still have something to say. The caller may hold locks of its own.
    fn closed(&self);

    /// Removes the member with this number. Its connection is over, and its endpoint has had time to end.
    fn expel(&self, number: u64);
}

/// What one connection takes part in.
#[derive(Default)]
pub(super) struct Parties {
    all: Vec<(u64, Weak<dyn Party>, u64)>,
    next: u64,
}

impl Outbox {
    /// Takes part in something, as the member with this number. Returns a ticket to [leave](Self::leave) with, or
    /// `None` if the connection has been over for too long.
    pub(crate) fn enter(&self, party: Weak<dyn Party>, number: u64) -> Option<u64> {
        let mut state = self.lock();
        if self.has(flag::EXPELLED) {
            return None;
        }
        let parties = state.parties.get_or_insert_default();
        parties.next += 1;
        let ticket = parties.next;
        parties.all.push((ticket, party, number));
        Some(ticket)
    }

    pub(crate) fn leave(&self, ticket: u64) {
        if let Some(parties) = &mut self.lock().parties {
            parties.all.retain(|(known, ..)| *known != ticket);
        }
    }

    /// Removes the connection from everything that it takes part in, and keeps it from joining anything later.
    pub(crate) fn expel(&self) {
        let parties = {
            let mut state = self.lock();
            self.set(flag::EXPELLED);
            state.parties.take()
        };
        for (_, party, number) in parties.into_iter().flat_map(|parties| parties.all) {
            if let Some(party) = party.upgrade() {
                party.expel(number);
            }
        }
    }
}

impl Parties {
    /// Returns the parties that have to be notified of the close.
    pub(super) fn told(&self) -> Vec<Weak<dyn Party>> {
        self.all.iter().map(|(_, party, _)| party.clone()).collect()
    }
}
