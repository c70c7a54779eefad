//! What stands where the bridge to other processes would be, without the feature `redis`: there are none.

#![allow(clippy::unused_self, clippy::unused_async, reason = "the bridge has the same functions")]

use std::{iter, sync::Arc};

use super::{MemberTaken, roster::Roster, seats::To};
use crate::Message;

#[derive(Default)]
pub(super) struct Relay;

impl Relay {
    pub(super) fn follow(&self, _roster: &Roster) {}

    pub(super) fn unfollow(&self, _room: &Arc<str>) {}

    // The same signature as the bridge's.
    #[allow(clippy::unnecessary_wraps)]
    pub(super) async fn claim(
        &self,
        _roster: &Roster,
        _id: &Arc<str>,
        _number: u64,
    ) -> Result<(), MemberTaken> {
        Ok(())
    }

    pub(super) fn set_farewell(&self, _roster: &Roster, _id: &Arc<str>, _number: u64, _farewell: &Message) {}

    pub(super) fn release(
        &self,
        _roster: &Roster,
        _id: &Arc<str>,
        _number: u64,
        _farewell: Option<&Message>,
    ) {
    }

    pub(super) fn publish(&self, _roster: &Roster, _to: To<'_>, _message: &Message) {}
}

#[derive(Default)]
pub(super) struct Remote;

impl Remote {
    pub(super) fn contains(&self, _id: &str) -> bool {
        false
    }

    pub(super) fn forget(&mut self, _id: &str) -> Option<Message> {
        None
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = &Arc<str>> {
        iter::empty()
    }
}
