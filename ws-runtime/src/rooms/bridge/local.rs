//! Stands in for the bridge to other processes when the feature `redis` is disabled: there are no other processes.

#![allow(clippy::unused_self, clippy::unused_async, reason = "the bridge has the same functions")]

use std::{iter, sync::Arc};

use crate::{
    Close, Message,
    rooms::{
        MemberTaken, Meta,
        history::Histories,
        join::{Entrant, Taken},
        removal::Closing,
        roster::Roster,
        seats::{Known, To},
    },
};

#[derive(Default)]
pub(in crate::rooms) struct Relay;

impl Relay {
    pub(in crate::rooms) fn follow(&self, _roster: &Roster) {}

    pub(in crate::rooms) fn unfollow(&self, _room: &Arc<str>) {}

    // This has the same signature as the function of the bridge.
    #[allow(clippy::unnecessary_wraps)]
    pub(in crate::rooms) async fn claim(
        &self,
        _roster: &Roster,
        _id: &Arc<str>,
        _number: u64,
        _known: Known,
        _taken: Taken,
    ) -> Result<(), MemberTaken> {
        Ok(())
    }

    pub(in crate::rooms) fn update(&self, _roster: &Roster, _id: &Arc<str>, _number: u64, _known: Known) {}

    pub(in crate::rooms) fn release(
        &self,
        _roster: &Roster,
        _id: &Arc<str>,
        _number: u64,
        _farewell: Option<&Message>,
        _untold: bool,
    ) {
    }

    pub(in crate::rooms) fn close(&self, _roster: &Roster, _to: To<'_>, _close: &Close) {}

    #[allow(clippy::unnecessary_wraps)]
    pub(in crate::rooms) fn close_here(&self, closing: Closing) -> Option<Closing> {
        Some(closing)
    }

    pub(in crate::rooms) fn retain(&self, _roster: &Roster, _message: Option<&Message>, _tell: bool) {}

    pub(in crate::rooms) fn publish(
        &self,
        _roster: &Roster,
        _to: To<'_>,
        _message: &Message,
        _history: Option<Arc<Histories>>,
    ) {
    }

    pub(in crate::rooms) fn is_remote(&self) -> bool {
        false
    }
}

#[derive(Default)]
pub(in crate::rooms) struct RemoteMembers;

impl RemoteMembers {
    pub(in crate::rooms) fn contains(&self, _id: &str) -> bool {
        false
    }

    pub(in crate::rooms) fn forget(&mut self, _id: &str) -> Option<Message> {
        None
    }

    pub(in crate::rooms) fn meta(&self, _id: &str) -> Option<&Meta> {
        None
    }

    pub(in crate::rooms) fn shares(&self, _id: &str, _number: u64) -> bool {
        false
    }

    pub(in crate::rooms) fn arrives(&mut self, _number: u64, _entrant: &Entrant) {}

    pub(in crate::rooms) fn leaves(&mut self, _number: u64) {}

    pub(in crate::rooms) fn ids(&self) -> impl Iterator<Item = &Arc<str>> {
        iter::empty()
    }
}
