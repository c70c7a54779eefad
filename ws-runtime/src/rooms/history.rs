//! [`History`]: how much a room remembers.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use crate::connection::MAX_TIMEOUT;

/// How much rooms remember for members that lost their connection; see [`Rooms::history`](super::Rooms::history).
///
/// ```
/// use std::time::Duration;
/// use ws_runtime::rooms::{History, Rooms};
///
/// let rooms: Rooms = Rooms::new().history(History::last(256).within(Duration::from_secs(120)));
/// ```
///
/// | bound | default | when it is reached |
/// |---|---|---|
/// | [`last`](Self::last), messages of a room | – | the oldest is forgotten |
/// | [`within`](Self::within), age of a message | 5 minutes | it is forgotten |
/// | [`bytes`](Self::bytes), messages of a room | 1 MiB | the oldest are forgotten |
/// | [`total_bytes`](Self::total_bytes), messages of all rooms | 256 MiB | the room that is spoken in forgets its oldest |
/// | [`keep_empty`](Self::keep_empty), history of a room without members | as `within` | it is forgotten |
///
/// A message counts with 64 additional bytes. Messages to one member count like broadcasts. Rooms without members take at
/// most half of the total, each at least 1 KiB: beyond that, those that have been empty for longest are forgotten.
#[derive(Clone)]
#[must_use]
pub struct History {
    pub(super) count: usize,
    pub(super) within: Duration,
    pub(super) bytes: usize,
    pub(super) total: usize,
    keep_empty: Option<Duration>,
    only: Option<Arc<Only>>,
}

/// Says by its name whether a room remembers.
type Only = dyn Fn(&str) -> bool + Send + Sync;

impl History {
    /// Remembers up to this number of messages in each room, and at least one.
    pub fn last(messages: usize) -> Self {
        Self {
            count: messages.max(1),
            within: Duration::from_secs(5 * 60),
            bytes: 1024 * 1024,
            total: 256 * 1024 * 1024,
            keep_empty: None,
            only: None,
        }
    }

    /// Sets the age at which a message is forgotten. Default: 5 minutes.
    pub fn within(self, age: Duration) -> Self {
        Self { within: age.min(MAX_TIMEOUT), ..self }
    }

    /// Sets how many bytes of messages a room remembers. The newest message is remembered, however large it is. Default: 1 MiB.
    pub fn bytes(self, bytes: usize) -> Self {
        Self { bytes, ..self }
    }

    /// Sets how many bytes of messages all rooms of this process remember together. Default: 256 MiB.
    pub fn total_bytes(self, bytes: usize) -> Self {
        Self { total: bytes, ..self }
    }

    /// Sets how long a room without members remembers. Default: as long as it remembers a message.
    pub fn keep_empty(self, time: Duration) -> Self {
        Self { keep_empty: Some(time.min(MAX_TIMEOUT)), ..self }
    }

    /// Sets which rooms remember, by their names. Default: all of them.
    pub fn only(self, rooms: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        Self { only: Some(Arc::new(rooms)), ..self }
    }

    pub(super) fn kept_empty(&self) -> Duration {
        self.keep_empty.unwrap_or(self.within)
    }

    pub(super) fn applies_to(&self, room: &str) -> bool {
        self.only.as_ref().is_none_or(|only| only(room))
    }
}

impl fmt::Debug for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("History")
            .field("last", &self.count)
            .field("within", &self.within)
            .field("bytes", &self.bytes)
            .field("total_bytes", &self.total)
            .field("keep_empty", &self.kept_empty())
            .finish_non_exhaustive()
    }
}

/// The settings of the histories in one process, and what they take together.
#[derive(Debug)]
pub(super) struct Histories {
    pub(super) settings: History,
    bytes: AtomicUsize,
}

impl Histories {
    pub(super) fn new(settings: History) -> Arc<Self> {
        Arc::new(Self { settings, bytes: AtomicUsize::new(0) })
    }

    pub(super) fn add(&self, bytes: usize) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(super) fn remove(&self, bytes: usize) {
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
    }

    pub(super) fn is_over(&self) -> bool {
        self.bytes.load(Ordering::Relaxed) > self.settings.total
    }
}
