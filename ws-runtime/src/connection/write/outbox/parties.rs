//! [`Party`]: what a connection takes part in, a room for instance, until it is over.

use std::sync::Weak;

use super::Outbox;

/// What connections take part in.
pub(crate) trait Party: Send + Sync {
    /// One of them is closed: nothing can be sent to it any more. Its endpoint may still have something to say. May be
    /// called with the locks of whoever closes it.
    fn closed(&self);

    /// The one that takes part under this number is out: its connection is over, and its endpoint had time to end.
    fn expel(&self, number: u64);
}

/// What one connection takes part in.
#[derive(Default)]
pub(super) struct Parties {
    all: Vec<(u64, Weak<dyn Party>, u64)>,
    next: u64,
    /// The connection takes part in nothing any more.
    expelled: bool,
}

impl Outbox {
    /// Takes part in something, under a number that is known there. Returns a ticket to [leave](Self::leave) with, or `None`
    /// if the connection has been over for too long.
    pub(crate) fn enter(&self, party: Weak<dyn Party>, number: u64) -> Option<u64> {
        let mut state = self.lock();
        let parties = state.parties.get_or_insert_default();
        if parties.expelled {
            return None;
        }
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

    /// Ends all that the connection takes part in, now and from here on.
    pub(crate) fn expel(&self) {
        let all = {
            let mut state = self.lock();
            let parties = state.parties.get_or_insert_default();
            parties.expelled = true;
            std::mem::take(&mut parties.all)
        };
        for (_, party, number) in all {
            if let Some(party) = party.upgrade() {
                party.expel(number);
            }
        }
    }
}

impl Parties {
    /// Those that are to be told of the close.
    pub(super) fn told(&self) -> Vec<Weak<dyn Party>> {
        self.all.iter().map(|(_, party, _)| party.clone()).collect()
    }
}
