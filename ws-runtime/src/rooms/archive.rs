//! [`Archive`]: what rooms remember while nobody holds them.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError, RwLock, Weak,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    runtime::Handle,
    time::{Instant, sleep},
};

use super::{
    history::{Histories, History},
    log::Log,
    registry::Registry,
    roster::Roster,
    seats::lock,
};

/// The settings of histories, and when those of empty rooms are forgotten.
#[derive(Default)]
pub(super) struct Archive {
    histories: RwLock<Option<Arc<Histories>>>,
    /// What empty rooms remember together, in bytes.
    bytes: AtomicUsize,
    /// Set while a task waits to forget something. It changes under the lock of the registry.
    sweeping: AtomicBool,
}

/// A room, as the registry knows it.
pub(super) struct Known {
    roster: Weak<Roster>,
    log: Option<Arc<Mutex<Log>>>,
    /// Since when nobody has held the room.
    empty: Option<Instant>,
}

impl Known {
    pub(super) fn new(roster: &Arc<Roster>, log: Option<Arc<Mutex<Log>>>) -> Self {
        Self { roster: Arc::downgrade(roster), log, empty: None }
    }

    pub(super) fn roster(&self) -> Option<Arc<Roster>> {
        self.roster.upgrade()
    }

    pub(super) fn is_unused(&self) -> bool {
        self.roster.strong_count() == 0
    }

    /// Returns how much the room remembers, in bytes.
    fn bytes(&self) -> usize {
        self.log.as_ref().map_or(0, |log| lock(log).bytes())
    }
}

impl Archive {
    pub(super) fn set(&self, settings: History) {
        *self.histories.write().unwrap_or_else(PoisonError::into_inner) = Some(Histories::new(settings));
    }

    #[cfg(feature = "redis")]
    pub(super) fn settings_only(&self) -> Self {
        let histories = self.histories().map(|histories| Histories::new(histories.settings.clone()));
        Self { histories: RwLock::new(histories), ..Self::default() }
    }

    pub(super) fn histories(&self) -> Option<Arc<Histories>> {
        self.histories.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Begins the history of a new room, if it has one.
    pub(super) fn begin(&self, room: &str, is_copy: bool) -> Option<Arc<Mutex<Log>>> {
        let histories = self.histories()?;
        histories.settings.applies_to(room).then(|| Arc::new(Mutex::new(Log::new(histories, is_copy))))
    }

    /// Returns what a room remembers that nobody held for a while.
    pub(super) fn reopen(&self, known: &Known) -> Option<Arc<Mutex<Log>>> {
        let kept = self.histories()?.settings.kept_empty();
        let since = known.empty?;
        self.bytes.fetch_sub(known.bytes(), Ordering::Relaxed);
        #[cfg(feature = "redis")]
        if let Some(log) = &known.log {
            // Nobody has listened to the room since.
            lock(log).unsync();
        }
        known.log.clone().filter(|_| since.elapsed() < kept)
    }

    /// Records that nobody holds a room any more. Returns `true` if its history is kept.
    pub(super) fn keeps(&self, known: &mut Known) -> bool {
        known.empty = Some(Instant::now());
        self.bytes.fetch_add(known.bytes(), Ordering::Relaxed);
        known.log.is_some()
    }

    /// Returns `true` if empty rooms remember too much.
    pub(super) fn is_over(&self) -> bool {
        self.histories()
            .is_some_and(|histories| self.bytes.load(Ordering::Relaxed) > histories.settings.total / 2)
    }

    /// Forgets the rooms that have been empty for too long, or for longer than the others if together they remember too much.
    /// Returns when to do so again.
    pub(super) fn sweep(&self, rooms: &mut HashMap<Arc<str>, Known>) -> Option<Duration> {
        let settings = self.histories()?.settings.clone();
        let kept = settings.kept_empty();
        let mut empty: Vec<_> = rooms
            .iter()
            .filter_map(|(name, known)| Some((known.empty?.elapsed(), Arc::clone(name), known.bytes())))
            .collect();
        empty.sort_unstable_by_key(|(age, ..)| *age);
        let mut bytes: usize = empty.iter().map(|(.., bytes)| bytes).sum();
        while empty.last().is_some_and(|(age, ..)| *age >= kept || bytes > settings.total / 2) {
            if let Some((_, name, size)) = empty.pop() {
                rooms.remove(&name);
                bytes -= size;
            }
        }
        self.bytes.store(bytes, Ordering::Relaxed);
        let next = empty.last().map(|(age, ..)| kept.saturating_sub(*age));
        if next.is_none() {
            self.sweeping.store(false, Ordering::Release);
        }
        next
    }

    /// Starts a task that forgets empty rooms in time, unless there is one. The caller holds the lock of the registry.
    pub(super) fn sweep_later(&self, registry: &Arc<Registry>) {
        let Some(histories) = self.histories() else { return };
        // Without a runtime, they are forgotten when another room becomes empty.
        let Ok(runtime) = Handle::try_current() else { return };
        if self.sweeping.swap(true, Ordering::AcqRel) {
            return;
        }
        let registry = Arc::downgrade(registry);
        runtime.spawn(async move {
            let mut next = Some(histories.settings.kept_empty());
            while let Some(pause) = next {
                // Not for each room by itself.
                sleep(pause.max(SWEEP)).await;
                next = registry.upgrade().and_then(|registry| registry.sweep());
            }
        });
    }
}

/// The shortest time between two searches for histories to forget.
const SWEEP: Duration = Duration::from_secs(1);
