//! [`Intake`]: the pushes from Redis that have not been handed to the rooms yet.
//!
//! Redis cannot be made to wait: its pushes are read from the socket even if this process does not keep up. Messages
//! beyond a bound are therefore dropped and counted. Joins and leaves are never dropped: if even they are too many, the
//! session ends, and the next one asks who is there anew.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use redis::{PushInfo, PushKind, Value};
use tokio::sync::mpsc::UnboundedSender;

use super::{scripts::Names, session::Heard, shared::Shared, wire};

/// The receiving end of pushes.
pub(super) struct Intake {
    heard: UnboundedSender<Heard>,
    names: Names,
    shared: Arc<Shared>,
    level: Arc<Level>,
}

/// The amount of data that waits to be handed to the rooms.
#[derive(Default)]
pub(super) struct Level {
    bytes: AtomicUsize,
    /// Set when the session has to end.
    overflown: AtomicBool,
}

/// The bytes that a push counts in addition to its texts.
const OVERHEAD: usize = 128;

/// The session ends when this many times the bound on messages is waiting.
const HOPELESS: usize = 2;

impl Intake {
    pub(super) fn new(
        heard: UnboundedSender<Heard>,
        names: &Names,
        shared: &Arc<Shared>,
        level: &Arc<Level>,
    ) -> Self {
        Self { heard, names: names.clone(), shared: Arc::clone(shared), level: Arc::clone(level) }
    }

    pub(super) fn push(&self, push: PushInfo) -> Result<(), ()> {
        let kind = self.kind(&push);
        let (size, limit) = (size(&push), self.shared.receive_buffer);
        let waiting = self.level.bytes.load(Ordering::Relaxed);
        match kind {
            Kind::Own => return Ok(()),
            Kind::Message if waiting >= limit => {
                self.shared.miss();
                return Ok(());
            }
            // A message that a room remembers is read again by the next session.
            Kind::Appended if waiting >= limit => {
                self.level.overflown.store(true, Ordering::Relaxed);
                return Ok(());
            }
            _ if waiting >= limit.saturating_mul(HOPELESS) => {
                self.level.overflown.store(true, Ordering::Relaxed);
                return Ok(());
            }
            Kind::Message | Kind::Appended | Kind::Other => {}
        }
        self.level.bytes.fetch_add(size, Ordering::Relaxed);
        self.heard.send(Heard::Push(push, size)).map_err(|_gone| ())
    }

    fn kind(&self, push: &PushInfo) -> Kind {
        let (PushKind::Message | PushKind::SMessage, [Value::BulkString(channel), Value::BulkString(bytes)]) =
            (&push.kind, push.data.as_slice())
        else {
            return Kind::Other;
        };
        if std::str::from_utf8(channel).is_ok_and(|channel| self.names.room_of(channel).is_none()) {
            return Kind::Other;
        }
        // Only now is it known in which order members hear it, those of this process as well.
        if wire::is_appended(bytes) {
            return Kind::Appended;
        }
        // The members of this process know of this already. Only the order of retained messages is learned from Redis.
        if bytes.starts_with(&self.names.node().0) && !wire::is_retained(bytes) && !wire::is_untold(bytes) {
            return Kind::Own;
        }
        if wire::is_message(bytes) { Kind::Message } else { Kind::Other }
    }
}

/// The kind of a push.
enum Kind {
    /// An event that this process published itself.
    Own,
    /// A message for the members of a room.
    Message,
    /// A message that the room remembers.
    Appended,
    /// A change of who is in a room, or a push from Redis itself.
    Other,
}

impl Level {
    /// Records that a push was handed to the rooms.
    pub(super) fn took(&self, size: usize) {
        self.bytes.fetch_sub(size, Ordering::Relaxed);
    }

    /// Returns `true` if so much was waiting that this process no longer knows who is in the rooms.
    pub(super) fn is_overflown(&self) -> bool {
        self.overflown.load(Ordering::Relaxed)
    }
}

fn size(push: &PushInfo) -> usize {
    let texts = push.data.iter().map(|value| match value {
        Value::BulkString(bytes) => bytes.capacity(),
        _ => 0,
    });
    OVERHEAD + texts.sum::<usize>()
}
