//! [`Log`]: what one room remembers.

use std::{
    collections::VecDeque,
    hash::{BuildHasher, RandomState},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use tokio::time::Instant;

#[cfg(feature = "redis")]
use super::History;
use super::{history::Histories, seats::To};
use crate::{
    Message, Utf8Bytes,
    tracked::{Key, Position, WhyLost},
};

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

/// A message that is remembered. There are many, so they are kept small.
pub(super) struct Entry {
    offset: u64,
    private: u32,
    /// The time since `Log::start`, in ticks.
    at: u32,
    target: Option<Box<Recipients>>,
    payload: Kept,
}

/// The recipients of a message that is not for everyone.
enum Recipients {
    Except(Box<str>),
    Only(Box<str>),
}

/// A copy of a message. What was sent may be a slice of a buffer that is much larger, so it is never kept itself.
enum Kept {
    Text(Box<str>),
    Binary(Box<[u8]>),
    /// A large message, which all replays share.
    Shared(Box<Message>),
}

/// From this size on, replays share a message in place of a copy of it for each. The size is that from which messages are
/// not copied into what is written either.
const SHARED: usize = crate::protocol::LARGE;

/// What an entry counts in addition to its payload, in bytes.
const OVERHEAD: usize = 64;

const TICK: Duration = Duration::from_millis(10);

impl Log {
    pub(super) fn new(histories: Arc<Histories>, is_copy: bool) -> Self {
        Self {
            copy: if is_copy { Copied::Unknown } else { Copied::No },
            histories,
            epoch: random_epoch(),
            head: Key::default(),
            floor: Key::default(),
            entries: VecDeque::new(),
            bytes: 0,
            start: Instant::now(),
            absent: VecDeque::new(),
        }
    }

    /// Returns the place of the newest message, unless it is unknown.
    pub(super) fn position(&self) -> Option<Position> {
        (self.copy != Copied::Unknown).then(|| Position::new(self.epoch, self.head))
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Appends a message, and returns its place.
    pub(super) fn append(&mut self, to: To<'_>, message: &Message) -> Position {
        let private = matches!(to, To::Only(_));
        let fits = |key: &Key| u32::try_from(key.private).is_ok();
        let key = self.head.next(private).filter(fits).unwrap_or_else(|| {
            self.begin_anew();
            Key::default().next(private).unwrap_or_default()
        });
        self.insert(key, to, message, Duration::ZERO);
        Position::new(self.epoch, key)
    }

    /// Appends a message with its place and age.
    pub(super) fn insert(&mut self, key: Key, to: To<'_>, message: &Message, age: Duration) {
        let now = self.now();
        let at = now.saturating_sub(ticks(age));
        let entry = Entry {
            offset: key.offset,
            // The caller has checked that it fits.
            private: u32::try_from(key.private).unwrap_or(u32::MAX),
            at,
            target: Recipients::of(to),
            payload: Kept::copy(message),
        };
        self.head = key;
        self.bytes += entry.size();
        self.histories.add(entry.size());
        self.entries.push_back(entry);
        self.trim(now);
    }

    /// Forgets everything, positions included.
    fn begin_anew(&mut self) {
        while self.entries.front().is_some() {
            self.forget_first();
        }
        (self.epoch, self.head, self.floor) = (random_epoch(), Key::default(), Key::default());
    }

    /// Forgets what is too old or too much.
    fn trim(&mut self, now: u32) {
        let histories = Arc::clone(&self.histories);
        let settings = &histories.settings;
        let oldest = now.saturating_sub(ticks(settings.within));
        while let Some(first) = self.entries.front() {
            let too_many = self.entries.len() > settings.count;
            let too_large = (self.bytes > settings.bytes || histories.is_over()) && self.entries.len() > 1;
            // A tick is a part of the time that a message is kept for.
            if !too_many && !too_large && first.at >= oldest {
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
            while self.entries.front().is_some() {
                self.forget_first();
            }
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
        if self.absent.len() > self.histories.settings.count {
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
    pub(super) fn synced(&mut self, head: Key) {
        (self.copy, self.head) = (Copied::Current, head.max(self.head));
    }

    /// Returns the place of the newest message that was seen, if any was.
    pub(super) fn seen(&self) -> Option<Position> {
        self.position()
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

impl Entry {
    pub(super) fn key(&self) -> Key {
        Key { offset: self.offset, private: self.private.into() }
    }

    /// Returns `true` if a member receives the message.
    pub(super) fn is_for(&self, id: &str) -> bool {
        match self.target.as_deref() {
            None => true,
            Some(Recipients::Except(except)) => **except != *id,
            Some(Recipients::Only(only)) => **only == *id,
        }
    }

    pub(super) fn message(&self) -> Message {
        match &self.payload {
            Kept::Text(text) => Message::from(&**text),
            Kept::Binary(bytes) => Message::Binary(Bytes::copy_from_slice(bytes)),
            Kept::Shared(message) => Message::clone(message),
        }
    }

    fn size(&self) -> usize {
        OVERHEAD
            + match &self.payload {
                Kept::Text(text) => text.len(),
                Kept::Binary(bytes) => bytes.len(),
                Kept::Shared(message) => message.len(),
            }
    }
}

impl Recipients {
    fn of(to: To<'_>) -> Option<Box<Self>> {
        match to {
            To::Everyone => None,
            To::Except(id) => Some(Box::new(Self::Except(id.into()))),
            To::Only(id) => Some(Box::new(Self::Only(id.into()))),
        }
    }
}

impl Kept {
    fn copy(message: &Message) -> Self {
        match message {
            Message::Text(text) if text.len() < SHARED => Self::Text(text.as_str().into()),
            Message::Binary(bytes) if bytes.len() < SHARED => Self::Binary(bytes[..].into()),
            Message::Text(text) => Self::Shared(Box::new(Message::Text(Utf8Bytes::from(text.as_str())))),
            Message::Binary(bytes) => Self::Shared(Box::new(Message::Binary(Bytes::copy_from_slice(bytes)))),
        }
    }
}

fn ticks(time: Duration) -> u32 {
    u32::try_from(time.as_millis() / TICK.as_millis()).unwrap_or(u32::MAX)
}

/// The operating system seeds the hasher, so that nobody can guess an epoch, and two are never the same.
pub(super) fn random_epoch() -> u64 {
    RandomState::new().hash_one("epoch")
}
