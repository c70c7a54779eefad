//! [`Shared`]: what rooms and the bridge know of each other.

use std::{
    collections::VecDeque,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
};

use tokio::sync::watch;

use super::{BridgeState, Redis, command::Publish};
use crate::observe::{self, Throttle};

/// The state that rooms and the bridge share.
pub(super) struct Shared {
    pub(super) state: watch::Sender<BridgeState>,
    /// Set while the bridge keeps Redis up to date about who is in which room. While it does not, rooms tell it
    /// nothing: a new session collects the members itself.
    pub(super) open: AtomicBool,
    /// The messages that wait for Redis.
    pub(super) queue: Queue,
    /// The messages of rooms with a history that Redis has been sent, and has not confirmed. They are sent again if the
    /// connection is lost: Redis knows by their numbers which of them it has.
    unconfirmed: Mutex<VecDeque<Publish>>,
    /// The number of the last such message.
    sequence: AtomicU64,
    dropped: AtomicU64,
    pub(super) warned: AtomicBool,
    /// The number of bytes of messages from other processes that may wait until they are handed to rooms.
    pub(super) receive_buffer: usize,
    missed: AtomicU64,
    missing: Throttle,
}

/// The number and size of the messages that wait for Redis.
pub(super) struct Queue {
    messages: AtomicUsize,
    bytes: AtomicUsize,
    /// The upper bounds of both.
    most: (usize, usize),
}

impl Queue {
    /// Reserves room for a message of `bytes` bytes, and returns `true` if there was room. An empty queue accepts a
    /// message of any size.
    pub(super) fn enter(&self, bytes: usize) -> bool {
        let messages = self.messages.fetch_add(1, Ordering::Relaxed);
        let before = self.bytes.fetch_add(bytes, Ordering::Relaxed);
        let has_room = messages < self.most.0 && before < self.most.1;
        if !has_room {
            self.took(bytes);
        }
        has_room
    }

    /// Records that a message is in the queue again.
    pub(super) fn put_back(&self, bytes: usize) {
        self.messages.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Records that a message has been taken from the queue.
    pub(super) fn took(&self, bytes: usize) {
        self.messages.fetch_sub(1, Ordering::Relaxed);
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
    }
}

impl Shared {
    pub(super) fn new(redis: &Redis) -> Self {
        Self {
            state: watch::Sender::new(BridgeState::Connecting),
            open: AtomicBool::new(false),
            queue: Queue {
                messages: AtomicUsize::new(0),
                bytes: AtomicUsize::new(0),
                most: (redis.queue, redis.queue_bytes.max(1)),
            },
            unconfirmed: Mutex::default(),
            sequence: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
            warned: AtomicBool::new(false),
            receive_buffer: redis.receive_buffer.max(1),
            missed: AtomicU64::new(0),
            missing: Throttle::default(),
        }
    }

    /// Returns the number of the next message of a room with a history.
    pub(super) fn next_number(&self) -> u64 {
        self.sequence.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(super) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    pub(super) fn missed(&self) -> u64 {
        self.missed.load(Ordering::Relaxed)
    }

    /// Counts a message that found no room in the queue.
    pub(super) fn full(&self) {
        self.dropped.fetch_add(1, Ordering::Relaxed);
        if !self.warned.swap(true, Ordering::Relaxed) {
            observe::warn!(
                "Redis does not keep up: other processes miss messages of rooms",
                queue = self.queue.most.0,
                queue_bytes = self.queue.most.1,
            );
        }
    }

    pub(super) fn unconfirmed(&self) -> MutexGuard<'_, VecDeque<Publish>> {
        self.unconfirmed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts messages that Redis had no memory for.
    pub(super) fn refused(&self, messages: u64) {
        self.dropped.fetch_add(messages, Ordering::Relaxed);
        if !self.warned.swap(true, Ordering::Relaxed) {
            observe::warn!("Redis has no memory for what rooms remember: messages of rooms are lost");
        }
    }

    /// Counts a message from another process that is not handed to a room, and logs that from time to time.
    pub(super) fn miss(&self) {
        self.missed.fetch_add(1, Ordering::Relaxed);
        if let Some(held_back) = self.missing.pass() {
            observe::warn!(
                "this process does not keep up with Redis: its members miss messages of rooms",
                receive_buffer = self.receive_buffer,
                before = held_back,
            );
        }
    }
}
