//! [`Intake`]: what Redis pushes, until it is handed to the rooms.
//!
//! Nobody can make Redis wait: what it pushes is taken off the socket whether this process keeps up or not. So messages
//! beyond a bound are missed, and counted. Who joins and who leaves is not: if even that is too much, the session ends, and the
//! next one asks anew.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use redis::{PushInfo, PushKind, Value};
use tokio::sync::mpsc::UnboundedSender;

use super::{relay::Shared, scripts::Names, session::Heard, wire};

/// Where pushes come in.
pub(super) struct Intake {
    heard: UnboundedSender<Heard>,
    names: Names,
    shared: Arc<Shared>,
    level: Arc<Level>,
}

/// How much waits to be handed to the rooms.
#[derive(Default)]
pub(super) struct Level {
    bytes: AtomicUsize,
    /// The session is to end.
    overflown: AtomicBool,
}

/// What a push takes beyond its texts, in bytes.
const OVERHEAD: usize = 128;

/// The session ends when so many times as much waits as messages may take.
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
            _ if waiting >= limit.saturating_mul(HOPELESS) => {
                self.level.overflown.store(true, Ordering::Relaxed);
                return Ok(());
            }
            Kind::Message | Kind::Other => {}
        }
        self.level.bytes.fetch_add(size, Ordering::Relaxed);
        self.heard.send(Heard::Push(push, size)).map_err(|_gone| ())
    }

    fn kind(&self, push: &PushInfo) -> Kind {
        let (PushKind::Message, [Value::BulkString(channel), Value::BulkString(bytes)]) =
            (&push.kind, push.data.as_slice())
        else {
            return Kind::Other;
        };
        if std::str::from_utf8(channel).is_ok_and(|channel| self.names.room_of(channel).is_none()) {
            return Kind::Other;
        }
        // Those of this process know already.
        if bytes.starts_with(&self.names.node().0) {
            return Kind::Own;
        }
        if wire::is_message(bytes) { Kind::Message } else { Kind::Other }
    }
}

/// What a push is about.
enum Kind {
    /// This process has said it.
    Own,
    /// A message for the members of a room.
    Message,
    /// Who is in a room, or what Redis itself has to say.
    Other,
}

impl Level {
    /// Takes note that a push was handed to the rooms.
    pub(super) fn took(&self, size: usize) {
        self.bytes.fetch_sub(size, Ordering::Relaxed);
    }

    /// Returns `true` if it is not known any more who is in the rooms.
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
