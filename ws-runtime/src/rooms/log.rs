//! [`Log`]: what one room remembers.

mod entry;

use std::{collections::VecDeque, sync::Arc, time::Duration};

use tokio::time::Instant;

#[cfg(feature = "redis")]
use super::History;
use super::{history::Histories, random::random, seats::To};
use crate::{
    Message,
    tracked::{Key, Position, WhyLost},
};
use entry::Entry;

/// The messages that a room remembers, from the oldest on.
pub(super) struct Log {
    histories: Arc<Histories>,
    epoch: u64,
    /// The place of the newest message.
    head: Key,
    /// The place of the newest message that is forgotten.
    floor: Key,
    entries: VecDeque<Entry>,
    bytes: usize,
    /// The time from which the entries count.
    start: Instant,
    /// Those who left, and may come back for what they missed. The last to leave comes last.
    absent: VecDeque<(Arc<str>, u32)>,
    copy: Copied,
    /// When Redis appended the newest message, in milliseconds. It tells that message from another one that has its place, after
    /// Redis lost some.
    #[cfg(feature = "redis")]
    mark: u64,
}

/// Whether Redis keeps the history, and this is a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Copied {
    /// This is the history itself.
    No,
    /// Nothing is known of the history yet.
    Unknown,
    /// The copy was complete once. More may have been appended since.
    #[cfg_attr(not(feature = "redis"), allow(dead_code, reason = "there is nothing to copy"))]
    Behind,
    /// The copy follows what is appended.
    #[cfg_attr(not(feature = "redis"), allow(dead_code, reason = "there is nothing to copy"))]
    Current,
}

const TICK: Duration = Duration::from_millis(10);

/// How many bytes of the IDs of those who left a room remembers.
const ABSENT: usize = 64 * 1024;

impl Log {
    pub(super) fn new(histories: Arc<Histories>, is_copy: bool) -> Self {
        Self {
            copy: if is_copy { Copied::Unknown } else { Copied::No },
            histories,
            epoch: random(),
            head: Key::default(),
            floor: Key::default(),
            entries: VecDeque::new(),
            bytes: 0,
            start: Instant::now(),
            absent: VecDeque::new(),
            #[cfg(feature = "redis")]
            mark: 0,
        }
    }

    /// Returns the place of the newest message, unless it is unknown.
    pub(super) fn position(&self) -> Option<Position> {
        (self.copy != Copied::Unknown).then(|| Position::new(self.epoch, self.head))
    }

    /// Returns how much is remembered, in bytes: the messages, and those who left.
    pub(super) fn bytes(&self) -> usize {
        self.bytes + self.absent_bytes()
    }

    fn absent_bytes(&self) -> usize {
        self.absent.iter().map(|(id, _)| id.len()).sum()
    }

    /// Appends a message, and returns its place.
    pub(super) fn append(&mut self, to: To<'_>, message: &Message) -> Position {
        let private = matches!(to, To::Only(_));
        let key = self.head.next(private).unwrap_or_else(|| {
            self.begin_anew();
            Key::default().next(private).unwrap_or_default()
        });
        self.insert(key, to, message, Duration::ZERO);
        Position::new(self.epoch, key)
    }

    /// Appends a message with its place and age.
    pub(super) fn insert(&mut self, key: Key, to: To<'_>, message: &Message, age: Duration) {
        let now = self.now();
        let count = self.histories.settings.count;
        while self.entries.len() >= count {
            self.forget_first();
        }
        if self.entries.len() == self.entries.capacity() {
            // This grows by less than a vector does by itself, and never beyond what is remembered: there are many rooms.
            let more = (self.entries.len() / 4).max(4).min(count - self.entries.len());
            self.entries.reserve_exact(more);
        }
        let entry = Entry::new(key, to, message, now.saturating_sub(ticks(age)));
        self.head = key;
        self.bytes += entry.size();
        self.histories.add(entry.size());
        self.entries.push_back(entry);
        self.trim(now);
    }

    /// Forgets everything, positions included.
    fn begin_anew(&mut self) {
        self.forget_all();
        (self.epoch, self.head, self.floor) = (random(), Key::default(), Key::default());
    }

    /// Forgets what is too old or too much.
    fn trim(&mut self, now: u32) {
        let histories = Arc::clone(&self.histories);
        let settings = &histories.settings;
        let oldest = now.saturating_sub(ticks(settings.within));
        while let Some(first) = self.entries.front() {
            let too_large = (self.bytes > settings.bytes || histories.is_over()) && self.entries.len() > 1;
            // A tick is a part of the time that a message is kept for.
            if !too_large && first.at() >= oldest {
                break;
            }
            self.forget_first();
        }
        while self.absent.front().is_some_and(|(_, at)| *at < oldest) {
            self.absent.pop_front();
        }
    }

    fn forget_first(&mut self) {
        if let Some(entry) = self.entries.pop_front() {
            self.floor = entry.key();
            self.bytes -= entry.size();
            self.histories.remove(entry.size());
        }
    }

    fn forget_all(&mut self) {
        while !self.entries.is_empty() {
            self.forget_first();
        }
    }

    /// Forgets what is too old.
    pub(super) fn expire(&mut self) {
        let now = self.now();
        self.trim(now);
    }

    /// Returns the time in ticks. When they do not suffice any more, after more than a year, all that is remembered is
    /// forgotten.
    fn now(&mut self) -> u32 {
        let ticks = self.start.elapsed().as_millis() / TICK.as_millis();
        u32::try_from(ticks).unwrap_or_else(|_| {
            self.forget_all();
            self.absent.clear();
            self.start = Instant::now();
            0
        })
    }

    /// Returns the place from which on a member needs the messages that it missed.
    pub(super) fn find(&mut self, since: Position) -> Result<Key, WhyLost> {
        self.expire();
        // What the copy does not have yet follows when Redis is back, or its loss is told then.
        let is_known = since.epoch() == self.epoch && since.key <= self.head;
        if self.copy == Copied::Unknown || self.copy == Copied::Behind && !is_known {
            return Err(WhyLost::Unavailable);
        }
        if since.epoch() != self.epoch {
            return Err(WhyLost::OtherEpoch);
        }
        if since.key > self.head {
            return Err(WhyLost::NeverWas);
        }
        if self.reaches(since.key) { Ok(since.key) } else { Err(WhyLost::TooOld) }
    }

    /// Returns `true` if everything that came after `key` is remembered.
    pub(super) fn reaches(&self, key: Key) -> bool {
        key >= self.floor
    }

    /// Returns the messages that came after `key`.
    pub(super) fn after(&self, key: Key) -> impl Iterator<Item = &Entry> {
        let first = self.entries.partition_point(|entry| entry.key() <= key);
        self.entries.range(first..)
    }

    pub(super) fn epoch(&self) -> u64 {
        self.epoch
    }

    pub(super) fn histories(&self) -> &Arc<Histories> {
        &self.histories
    }

    /// Remembers that somebody left.
    pub(super) fn left(&mut self, id: &Arc<str>) {
        let now = self.now();
        self.absent.retain(|(known, _)| known != id);
        self.absent.push_back((Arc::clone(id), now));
        self.trim(now);
        while self.absent.len() > self.histories.settings.count || self.absent_bytes() > ABSENT {
            self.absent.pop_front();
        }
    }

    /// Returns `true` if somebody left who may come back.
    pub(super) fn awaits(&mut self, id: &str) -> bool {
        self.expire();
        self.absent.iter().any(|(known, _)| &**known == id)
    }

    /// Records that somebody is back.
    pub(super) fn returned(&mut self, id: &str) {
        self.absent.retain(|(known, _)| &**known != id);
    }
}

/// The methods for a copy.
impl Log {
    /// Returns `true` if Redis keeps the history.
    pub(super) fn is_copy(&self) -> bool {
        self.copy != Copied::No
    }
}

#[cfg(feature = "redis")]
impl Log {
    /// Notes that more may be appended than this process hears of.
    pub(super) fn unsync(&mut self) {
        if self.copy == Copied::Current {
            self.copy = Copied::Behind;
        }
    }

    /// Notes that the copy is complete again, up to `head`.
    pub(super) fn synced(&mut self, head: Key, time: u64) {
        self.copy = Copied::Current;
        if head >= self.head {
            (self.head, self.mark) = (head, time);
        }
    }

    /// Notes when Redis appended the newest message.
    pub(super) fn mark(&mut self, time: u64) {
        self.mark = time;
    }

    /// Returns the place of the newest message that was seen, and when Redis appended it. Returns `None` if none was seen.
    pub(super) fn seen(&self) -> Option<(Position, u64)> {
        self.position().map(|position| (position, self.mark))
    }

    pub(super) fn settings(&self) -> History {
        self.histories.settings.clone()
    }

    pub(super) fn head(&self) -> Key {
        self.head
    }

    /// Returns `true` if the position is the next one, `false` if it is to be ignored, and `None` if others are missing in
    /// between.
    pub(super) fn follows(&self, position: Position) -> Option<bool> {
        if self.copy != Copied::Current {
            return Some(false);
        }
        if position.epoch() != self.epoch {
            return None;
        }
        if position.key <= self.head {
            return Some(false);
        }
        let next = [self.head.next(false), self.head.next(true)];
        next.contains(&Some(position.key)).then_some(true)
    }

    /// Forgets everything, and goes on from a place.
    pub(super) fn restart(&mut self, from: Position) {
        self.begin_anew();
        (self.epoch, self.head, self.floor) = (from.epoch(), from.key, from.key);
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.histories.remove(self.bytes);
    }
}

fn ticks(time: Duration) -> u32 {
    u32::try_from(time.as_millis() / TICK.as_millis()).unwrap_or(u32::MAX)
}
