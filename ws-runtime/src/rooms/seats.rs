//! [`State`]: the seats of one room, which its lock protects; and [`Locked`], which holds that lock.

mod numbers;
mod seat;

use std::{
    collections::{BTreeMap, HashMap},
    mem,
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Waker,
};

use tokio::sync::watch;

use super::{Meta, bridge::RemoteMembers, history::Histories, log::Log, removal::Closing};
use crate::{
    Close, Message,
    connection::Outbox,
    protocol::Broadcast,
    tracked::{Envelope, Position, Recovery, WhyLost, Wrap},
};
pub(super) use numbers::Numbers;
use seat::Sent;
pub(super) use seat::{Seat, Tracking};

/// The recipients of a message.
#[derive(Debug, Clone, Copy)]
pub(super) enum To<'a> {
    Everyone,
    /// Everyone but this member.
    Except(&'a str),
    /// This member alone.
    Only(&'a str),
}

/// What is known of a member in all processes.
#[cfg_attr(not(feature = "redis"), allow(dead_code, reason = "there are no other processes"))]
pub(super) struct Known {
    pub(super) farewell: Option<Message>,
    pub(super) meta: Option<Meta>,
}

#[derive(Default)]
pub(super) struct State {
    /// The seats in the order of joining. Each has a number that is never used again.
    pub(super) seats: BTreeMap<u64, Seat>,
    /// The numbers by ID, including those of members that are about to take their seat.
    pub(super) numbers: HashMap<Arc<str>, Numbers>,
    pub(super) next: u64,
    /// The message that each new member receives.
    pub(super) retained: Option<Message>,
    /// The members in other processes.
    pub(super) remote: RemoteMembers,
    /// Set once this room follows its members in other processes.
    pub(super) followed: bool,
    /// What the room remembers, if it remembers anything. The lock of the room comes before that of its log.
    pub(super) log: Option<Arc<Mutex<Log>>>,
    /// How to put messages into envelopes, once a member wants that.
    pub(super) wrap: Option<Wrap>,
    /// Set once an ID has had several connections.
    pub(super) shared: bool,
    /// What members in this process tell of themselves.
    pub(super) metas: HashMap<Arc<str>, Meta>,
}

/// What became of a step in giving a member what it missed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Replay {
    /// The member has everything.
    Done,
    /// There is no room for more.
    Full,
    /// The history moved past the member.
    Lost,
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
    pub(super) fn close(&mut self, outbox: Outbox, close: Close) {
        self.after.closed.push((outbox, close));
    }

    /// Closes the connections of members in this process once the lock is released.
    #[cfg(feature = "redis")]
    pub(super) fn close_members(&mut self, to: To<'_>, close: &Close) {
        let closing = self.closing(to, close);
        self.close_now(closing);
    }

    pub(super) fn close_now(&mut self, closing: Closing) {
        self.after.closed.extend(closing.into_inner());
    }

    /// Closes the connections of an ID that goes to another, up to a number. The farewell of the member is not said, as the
    /// member is there still.
    pub(super) fn replace(&mut self, id: &str, last: u64, close: &Close) {
        let numbers = self.state.numbers.get(id).into_iter().flat_map(Numbers::all);
        for number in numbers.filter(|number| *number <= last).collect::<Vec<_>>() {
            if self.state.numbers.get_mut(id).is_some_and(|numbers| numbers.remove(number)) {
                self.state.numbers.remove(id);
            }
            self.state.remote.leaves(number);
            if let Some(seat) = self.state.seats.remove(&number) {
                seat.outbox.leave(seat.ticket);
                self.close(seat.outbox, close.clone());
                self.changed();
            }
        }
    }

    /// Sends a message to recipients in this process, and remembers it. If Redis keeps the history, the message gets no place
    /// in it.
    pub(super) fn deliver(&mut self, to: To<'_>, message: &Message) {
        let position = self.state.log.as_ref().and_then(|log| {
            let mut log = lock(log);
            (!log.is_copy()).then(|| log.append(to, message))
        });
        self.hand_out(to, message, position);
    }

    /// Sends a message that has a place in the history to recipients in this process.
    pub(super) fn hand_out(&mut self, to: To<'_>, message: &Message, position: Option<Position>) {
        let State { seats, numbers, wrap, .. } = &mut *self.state;
        let wrapped = wrap.map(|wrap| wrap(&Envelope::message(position, message)));
        let sent = Sent { plain: Broadcast::new(message), wrapped: wrapped.as_ref().map(Broadcast::new) };
        match to {
            To::Everyone => seats.values_mut().for_each(|seat| seat.push(&sent, &mut self.after)),
            To::Except(id) => {
                let except = numbers.get(id);
                for (number, seat) in seats {
                    if !except.is_some_and(|except| except.has(*number)) {
                        seat.push(&sent, &mut self.after);
                    }
                }
            }
            To::Only(id) => {
                for number in numbers.get(id).into_iter().flat_map(Numbers::all) {
                    if let Some(seat) = seats.get_mut(&number) {
                        seat.push(&sent, &mut self.after);
                    }
                }
            }
        }
    }

    /// Tells a member what became of the messages that it missed, if it has envelopes.
    pub(super) fn tell(&mut self, number: u64, position: Option<Position>, recovery: Recovery) {
        if let Some(seat) = self.state.seats.get_mut(&number) {
            seat.tell(position, recovery, &mut self.after);
        }
    }

    /// Sends a message that has no place in the history to one connection.
    pub(super) fn give(&mut self, number: u64, message: &Message) {
        if let Some(seat) = self.state.seats.get_mut(&number) {
            let wrap = seat.tracking.as_ref().and_then(|tracking| tracking.wrap);
            let wrapped = wrap.map(|wrap| wrap(&Envelope::message(None, message)));
            let given = seat.outbox.append_anyway(wrapped.as_ref().unwrap_or(message));
            self.after.woken.extend(given.into_iter().flatten());
        }
    }

    /// Tells all members that have envelopes.
    #[cfg(feature = "redis")]
    pub(super) fn tell_all(&mut self, position: Position, recovery: Recovery) {
        for seat in self.state.seats.values_mut() {
            seat.tell(Some(position), recovery, &mut self.after);
        }
    }

    /// Tells all members that messages are lost, and lets them go on from a position.
    #[cfg(feature = "redis")]
    pub(super) fn lose(&mut self, position: Position, why: WhyLost) {
        for tracking in self.state.seats.values_mut().filter_map(|seat| seat.tracking.as_mut()) {
            tracking.cursor = None;
        }
        self.tell_all(position, Recovery::Lost { why });
    }

    /// Gives a member the next messages that it missed, as many as there is room for.
    pub(super) fn replay(&mut self, number: u64) -> Replay {
        let State { seats, log, .. } = &mut *self.state;
        let Some(seat) = seats.get_mut(&number) else { return Replay::Done };
        let Some(mut cursor) = seat.tracking.as_ref().and_then(|tracking| tracking.cursor) else {
            return Replay::Done;
        };
        let Some(log) = log else { return Replay::Done };
        let mut log = lock(log);
        log.expire();
        let (mut replay, mut pushed) = (Replay::Done, 0);
        if log.reaches(cursor) {
            for entry in log.after(cursor) {
                if entry.is_for(&seat.id) {
                    let message = entry.message();
                    let position = Position::new(log.epoch(), entry.key());
                    // Others want to speak in the room, too.
                    if pushed >= TURN || !seat.push_missed(&message, position, &mut self.after) {
                        replay = Replay::Full;
                        break;
                    }
                    pushed += message.len();
                }
                cursor = entry.key();
            }
        } else {
            replay = Replay::Lost;
            seat.tell(log.position(), Recovery::Lost { why: WhyLost::TooSlow }, &mut self.after);
        }
        if let Some(tracking) = &mut seat.tracking {
            tracking.cursor = (replay == Replay::Full).then_some(cursor);
        }
        replay
    }
}

/// How much of what a member missed it is given before others get their turn, in bytes.
const TURN: usize = 64 * 1024;

pub(super) fn lock(log: &Mutex<Log>) -> MutexGuard<'_, Log> {
    log.lock().unwrap_or_else(PoisonError::into_inner)
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

    /// Returns the members in this process that can still receive messages, and one seat for each ID.
    pub(super) fn present(&self) -> impl Iterator<Item = &Seat> {
        self.seats.iter().filter_map(|(number, seat)| {
            let is_second = || self.shared && self.has_older(&seat.id, *number);
            (!seat.outbox.is_closed() && !is_second()).then_some(seat)
        })
    }

    /// Returns `true` if an ID has an open connection with a smaller number.
    fn has_older(&self, id: &str, number: u64) -> bool {
        let mut numbers = self.numbers.get(id).into_iter().flat_map(Numbers::all);
        numbers.any(|other| {
            other < number && self.seats.get(&other).is_some_and(|seat| !seat.outbox.is_closed())
        })
    }

    /// Returns the connections of members in this process, to be closed.
    pub(super) fn closing(&self, to: To<'_>, close: &Close) -> Closing {
        let members = self.seats.values().filter(|seat| match to {
            To::Everyone => true,
            To::Except(id) => *seat.id != *id,
            To::Only(id) => *seat.id == *id,
        });
        Closing::new(members.map(|seat| (seat.outbox.clone(), close.clone())))
    }

    /// Gives the farewell of a connection that is over to those that are the same member and have none. Returns the number of
    /// one that has it now.
    pub(super) fn inherit(&mut self, id: &str, farewell: Option<&Message>) -> Option<u64> {
        let (farewell, mut heir) = (farewell?, None);
        for number in self.numbers.get(id)?.all() {
            if let Some(seat) = self.seats.get_mut(&number).filter(|seat| seat.farewell.is_none()) {
                seat.farewell = Some(farewell.clone());
                heir = Some(number);
            }
        }
        heir
    }

    /// Returns what is known of a member in this process.
    pub(super) fn known_of(&self, id: &str) -> Known {
        Known {
            farewell: self.seats_of(id).find_map(|seat| seat.farewell.clone()),
            meta: self.metas.get(id).cloned(),
        }
    }

    /// Returns the settings of the history, if Redis keeps it. Members then hear of a message when Redis has given it a place.
    pub(super) fn kept_elsewhere(&self) -> Option<Arc<Histories>> {
        let log = lock(self.log.as_ref()?);
        log.is_copy().then(|| Arc::clone(log.histories()))
    }

    /// Returns the seats of an ID.
    pub(super) fn seats_of(&self, id: &str) -> impl Iterator<Item = &Seat> {
        self.numbers.get(id).into_iter().flat_map(Numbers::all).filter_map(|number| self.seats.get(&number))
    }

    /// Returns `true` if somebody with this ID can still receive messages in this process.
    pub(super) fn is_present(&self, id: &str) -> bool {
        self.seats_of(id).any(|seat| !seat.outbox.is_closed())
    }

    /// Returns `true` if the seat, or the place that is reserved for it, belongs to the ID.
    pub(super) fn holds(&self, id: &str, number: u64) -> bool {
        self.numbers.get(id).is_some_and(|numbers| numbers.has(number))
    }

    /// Removes a number of an ID. Returns `true` if it was the last one.
    pub(super) fn release(&mut self, id: &str, number: u64) -> bool {
        self.remote.leaves(number);
        let Some(numbers) = self.numbers.get_mut(id) else { return false };
        let was_last = numbers.remove(number);
        if was_last {
            self.numbers.remove(id);
            self.metas.remove(id);
        }
        was_last
    }

    /// Returns the IDs of the members that are in other processes only.
    pub(super) fn elsewhere(&self) -> impl Iterator<Item = &Arc<str>> {
        self.remote.ids().filter(|id| self.seats_of(id).next().is_none())
    }

    /// Returns what a member tells of itself.
    pub(super) fn meta(&self, id: &str) -> Option<&Meta> {
        if self.is_present(id) {
            return self.metas.get(id);
        }
        // A member whose connection is closed is not listed.
        self.remote.meta(id).filter(|_| self.seats_of(id).next().is_none())
    }

    /// Lets a member of this process be the one that other processes have under the ID.
    pub(super) fn adopt(&mut self, id: &Arc<str>) {
        if let Some(meta) = self.remote.meta(id).filter(|_| !self.metas.contains_key(id)).cloned() {
            self.metas.insert(Arc::clone(id), meta);
        }
    }

    /// Returns the members, and what they tell of themselves.
    pub(super) fn people(&self) -> Vec<(Arc<str>, Option<Meta>)> {
        let here = self.present().map(|seat| (Arc::clone(&seat.id), self.metas.get(&seat.id).cloned()));
        here.chain(self.elsewhere().map(|id| (Arc::clone(id), self.remote.meta(id).cloned()))).collect()
    }
}
