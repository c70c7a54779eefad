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
    /// What empty rooms take together, in bytes. It changes under the lock of the registry.
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

    /// Returns how much the room takes while nobody holds it, in bytes. Clients may choose names, so rooms that remember nothing
    /// count as well.
    fn bytes(&self, name: &str) -> usize {
        EMPTY + name.len() + self.log.as_ref().map_or(0, |log| lock(log).bytes())
    }
}

/// What a room counts that nobody holds, in addition to its name and to what it remembers, in bytes.
const EMPTY: usize = 1024;

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
    pub(super) fn reopen(&self, name: &str, known: &Known) -> Option<Arc<Mutex<Log>>> {
        let kept = self.histories()?.settings.kept_empty();
        // The last handle may be gone without the registry having been told so.
        if let Some(since) = known.empty {
            self.bytes.fetch_sub(known.bytes(name), Ordering::Relaxed);
            if since.elapsed() >= kept {
                return None;
            }
        }
        let log = known.log.as_ref()?;
        // Nobody has listened to the room since.
        #[cfg(feature = "redis")]
        lock(log).unsync();
        Some(Arc::clone(log))
    }

    /// Records that nobody holds a room any more. Returns `true` if its history is kept.
    pub(super) fn keeps(&self, name: &str, known: &mut Known) -> bool {
        if known.log.is_none() {
            return false;
        }
        known.empty = Some(Instant::now());
        self.bytes.fetch_add(known.bytes(name), Ordering::Relaxed);
        true
    }

    /// Forgets the rooms that have been empty for longest if empty rooms take too much.
    pub(super) fn make_room(&self, rooms: &mut HashMap<Arc<str>, Known>) {
        let Some(histories) = self.histories() else { return };
        let most = histories.settings.total / 2;
        if self.bytes.load(Ordering::Relaxed) > most {
            // As this looks at all rooms, it makes room for many.
            self.forget(rooms, histories.settings.kept_empty(), most / 4 * 3);
        }
    }

    /// Forgets the rooms that have been empty for too long. Returns when to do so again, or `None` if there is nothing to forget
    /// any more; then the task that asked ends.
    fn sweep(&self, rooms: &mut HashMap<Arc<str>, Known>) -> Option<Duration> {
        let kept = self.histories().map(|histories| histories.settings.kept_empty());
        let next = kept.and_then(|kept| self.forget(rooms, kept, usize::MAX));
        if next.is_none() {
            self.sweeping.store(false, Ordering::Release);
        }
        next
    }

    /// Forgets the rooms that have been empty for `kept`, and the oldest of the others until they take at most `most` bytes.
    /// Returns when the next one will have been empty for `kept`.
    fn forget(&self, rooms: &mut HashMap<Arc<str>, Known>, kept: Duration, most: usize) -> Option<Duration> {
        let mut empty: Vec<_> = rooms
            .iter()
            .filter_map(|(name, known)| Some((known.empty?.elapsed(), Arc::clone(name), known.bytes(name))))
            .collect();
        empty.sort_unstable_by_key(|(age, ..)| *age);
        let mut bytes: usize = empty.iter().map(|(.., bytes)| bytes).sum();
        while empty.last().is_some_and(|(age, ..)| *age >= kept || bytes > most) {
            if let Some((_, name, size)) = empty.pop() {
                rooms.remove(&name);
                bytes -= size;
            }
        }
        self.bytes.store(bytes, Ordering::Relaxed);
        empty.last().map(|(age, ..)| kept.saturating_sub(*age))
    }

    /// Starts a task that forgets empty rooms in time, unless there is one. The caller holds the lock of the registry.
    pub(super) fn sweep_later(&self, registry: &Arc<Registry>) {
        let Some(histories) = self.histories() else { return };
        // Without a runtime, they are forgotten once they take too much together.
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
                next = registry.upgrade().and_then(|registry| registry.archive().sweep(&mut registry.lock()));
            }
        });
    }
}

/// The shortest time between two searches for histories to forget.
const SWEEP: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    fn archive(total: usize) -> Archive {
        let archive = Archive::default();
        archive.set(History::last(4).total_bytes(total));
        archive
    }

    fn known(archive: &Archive, name: &str) -> Known {
        Known { roster: Weak::new(), log: archive.begin(name, false), empty: None }
    }

    #[test]
    fn a_room_remembers_although_its_last_handle_is_still_being_dropped() {
        let archive = archive(usize::MAX);
        let known = known(&archive, "lobby");
        let log = archive.reopen("lobby", &known).expect("a history");
        assert!(Arc::ptr_eq(&log, known.log.as_ref().expect("a history")));
        assert_eq!(archive.bytes.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn rooms_that_remember_nothing_are_bounded_too() {
        let archive = archive(64 * 1024);
        let mut rooms = HashMap::new();
        for number in 0..1000 {
            let name: Arc<str> = number.to_string().into();
            let mut known = known(&archive, &name);
            assert!(archive.keeps(&name, &mut known));
            rooms.insert(name, known);
            archive.make_room(&mut rooms);
            assert!(rooms.len() <= 32, "{} empty rooms", rooms.len());
        }
        assert!(rooms.contains_key("999"));
        for (name, known) in &rooms {
            assert!(archive.reopen(name, known).is_some());
        }
        assert_eq!(archive.bytes.load(Ordering::Relaxed), 0);
    }
}
