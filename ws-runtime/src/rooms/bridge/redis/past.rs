//! The rooms' part in a history that Redis keeps: this process has a copy of it, and hands out what is appended.

use std::time::Duration;

use super::wire::{Past, Remembered};
use crate::{
    Message,
    rooms::{
        History,
        roster::Roster,
        seats::{To, lock},
    },
    tracked::{Position, Recovery, WhyLost},
};

/// Returned when a message of a room did not arrive here.
pub(super) struct Gap;

impl Roster {
    /// Notes that messages may be appended that this process does not hear of. Until it has read them, it takes no others.
    pub(super) fn unsync(&self) {
        if let Some(log) = &self.lock().log {
            lock(log).unsync();
        }
    }

    /// Returns how much the room remembers, and the newest message of it that this process has seen, with its time. Returns `None` if the room has no history.
    pub(super) fn remembers(&self) -> Option<(History, Option<(Position, u64)>)> {
        let state = self.lock();
        let log = lock(state.log.as_ref()?);
        Some((log.settings(), log.seen()))
    }

    /// Hands out a message that was appended to the history at a time of Redis.
    pub(super) fn hear_appended(
        &self,
        position: Position,
        time: u64,
        to: To<'_>,
        message: &Message,
    ) -> Result<(), Gap> {
        let mut state = self.lock();
        let Some(log) = state.log.clone() else { return Ok(()) };
        {
            let mut log = lock(&log);
            match log.follows(position) {
                // It is in what is about to be read, or was read already.
                Some(false) => return Ok(()),
                None => return Err(Gap),
                Some(true) => {
                    log.insert(position.key, to, message, Duration::ZERO);
                    log.mark(time);
                }
            }
        }
        state.hand_out(to, message, Some(position));
        Ok(())
    }

    /// Takes over what was appended while this process did not hear of it. Members that miss some of it are told.
    pub(super) fn hear_past(&self, past: Past) {
        let mut state = self.lock();
        let Some(log) = state.log.clone() else { return };
        let Past { epoch, head, floor, time: newest, now, entries } = past;
        let seen = lock(&log).position();
        let lost = seen.and_then(|seen| {
            if seen.epoch() != epoch {
                Some(WhyLost::OtherEpoch)
            } else if seen.key < floor {
                Some(WhyLost::TooOld)
            } else {
                None
            }
        });
        // Without a copy, nobody here has been given anything: those who wait for it joined without a position.
        let is_first = seen.is_none();
        if is_first || lost.is_some() {
            lock(&log).restart(Position::new(epoch, floor));
        }
        if let Some(why) = lost {
            state.lose(Position::new(epoch, floor), why);
        }
        for Remembered { key, time, target, message } in entries {
            let to = target.as_to();
            if lock(&log).head() >= key && !is_first {
                continue;
            }
            lock(&log).insert(key, to, &message, Duration::from_millis(now.saturating_sub(time)));
            if !is_first {
                state.hand_out(to, &message, Some(Position::new(epoch, key)));
            }
        }
        lock(&log).synced(head, newest);
        if is_first {
            state.tell_all(Position::new(epoch, head), Recovery::New);
        }
    }
}
