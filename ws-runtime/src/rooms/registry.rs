//! [`Rooms`]: all rooms of an app, and the table that holds them.

use std::{
    collections::{HashMap, hash_map::Entry},
    fmt,
    marker::PhantomData,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::{
    History, Room, SlowMember,
    archive::{Archive, Known},
    bridge::Relay,
    roster::Roster,
    slow::Slow,
};
use crate::{Json, Message};

/// The rooms of an app; see [the module](super). Clones are cheap and share the same rooms.
///
/// `Out` is the type of the messages and `C` their format, as for a [`Sender`](crate::Sender).
///
/// ```
/// use ws_runtime::{App, rooms::Rooms};
///
/// #[derive(serde::Serialize)]
/// struct Event {
///     text: String,
/// }
///
/// let rooms: Rooms<Event> = Rooms::new();
/// let app = App::new().state(rooms);
/// ```
pub struct Rooms<Out = Message, C = Json> {
    pub(super) registry: Arc<Registry>,
    pub(super) slow: Arc<Slow>,
    pub(super) messages: PhantomData<fn(Out) -> C>,
}

/// The rooms by name. The table does not keep them alive: members and handles do.
#[derive(Default)]
pub(super) struct Registry {
    rosters: Mutex<HashMap<Arc<str>, Known>>,
    archive: Archive,
    relay: Relay,
}

impl<Out, C> Rooms<Out, C> {
    /// Creates an empty set of rooms, confined to this process.
    #[must_use]
    pub fn new() -> Self {
        Self { registry: Arc::default(), slow: Arc::default(), messages: PhantomData }
    }

    /// Sets what happens to members that read too slowly. This applies to members that join through this value and its
    /// clones from here on. Default: they are closed with 1013 `too slow`.
    #[must_use]
    pub fn slow_member(self, slow: SlowMember) -> Self {
        self.with_slow(|settings| settings.action = slow)
    }

    /// Sets how long a member may take less than its [`send_buffer`](crate::SendBuffer) holds while more than that is
    /// waiting for it, before it counts as [slow](SlowMember). With zero, a member is slow as soon as its buffer is
    /// full. This applies to members that join through this value and its clones from here on. Default: 5 seconds.
    #[must_use]
    pub fn slow_after(self, time: Duration) -> Self {
        self.with_slow(|settings| settings.patience.time = time)
    }

    /// Sets how many bytes may wait for a member before it counts as [slow](SlowMember) at once. The limit is never
    /// less than the member's [`send_buffer`](crate::SendBuffer). This applies to members that join through this value
    /// and its clones from here on. Default: 128 MiB.
    #[must_use]
    pub fn max_backlog(self, bytes: usize) -> Self {
        self.with_slow(|settings| settings.patience.bytes = bytes)
    }

    /// Lets the rooms remember messages, so that a member whose connection broke gets what it missed: see
    /// [`Join::since`](super::Join::since) and [`History`]. This applies to all clones of this value, and to rooms that begin
    /// from here on. Default: rooms remember nothing.
    #[must_use]
    pub fn history(self, history: History) -> Self {
        self.registry.archive.set(history);
        self
    }

    fn with_slow(self, set: impl FnOnce(&mut Slow)) -> Self {
        let mut slow = (*self.slow).clone();
        set(&mut slow);
        Self { slow: Arc::new(slow), ..self }
    }

    /// Returns the room of this name. The room need not exist yet: it begins with the first member that joins, and is
    /// forgotten when its last member has left and its last handle is dropped.
    #[must_use]
    pub fn room(&self, name: &str) -> Room<Out, C> {
        Room::new(self.registry.roster(name), Arc::clone(&self.slow))
    }

    /// Returns the names of the rooms that are known to have members, in no particular order.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let rosters = self.registry.rosters();
        rosters.iter().filter(|roster| roster.known() > 0).map(|roster| roster.name().to_string()).collect()
    }
}

/// Rooms when the feature `redis` is disabled.
#[cfg(not(feature = "redis"))]
impl<Out, C> Rooms<Out, C> {
    #[doc(hidden)]
    #[allow(clippy::needless_pass_by_value, clippy::missing_errors_doc, missing_docs)]
    pub fn redis<R: crate::NoRedis>(self, _: R) -> Result<Self, crate::SocketError> {
        Ok(self)
    }
}

impl Registry {
    /// Returns a registry with a bridge, and the settings of this one.
    #[cfg(feature = "redis")]
    pub(super) fn bridged(&self, relay: Relay) -> Self {
        Self { rosters: Mutex::default(), archive: self.archive.settings_only(), relay }
    }

    pub(super) fn relay(&self) -> &Relay {
        &self.relay
    }

    pub(super) fn archive(&self) -> &Archive {
        &self.archive
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, HashMap<Arc<str>, Known>> {
        self.rosters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn roster(self: &Arc<Self>, name: &str) -> Arc<Roster> {
        let mut rosters = self.lock();
        let known = rosters.get(name);
        if let Some(roster) = known.and_then(Known::roster) {
            return roster;
        }
        let log = known
            .and_then(|known| self.archive.reopen(name, known))
            .or_else(|| self.archive.begin(name, self.relay.is_remote()));
        let name: Arc<str> = name.into();
        let roster = Arc::new(Roster::new(Arc::clone(&name), Arc::clone(self), log.clone()));
        rosters.insert(name, Known::new(&roster, log));
        roster
    }

    #[cfg(feature = "redis")]
    pub(super) fn find(&self, name: &str) -> Option<Arc<Roster>> {
        self.lock().get(name).and_then(Known::roster)
    }

    // Dropping the last handle of a room takes the lock, so the handles are returned and dropped without it.
    pub(super) fn rosters(&self) -> Vec<Arc<Roster>> {
        self.lock().values().filter_map(Known::roster).collect()
    }

    /// Removes a room that nobody holds any more, unless a new room of the same name has begun. What it remembers is kept for
    /// a time.
    pub(super) fn forget(self: &Arc<Self>, name: &Arc<str>) {
        let mut rosters = self.lock();
        if let Entry::Occupied(mut known) = rosters.entry(Arc::clone(name)) {
            if known.get().is_unused() {
                let keeps = self.archive.keeps(name, known.get_mut());
                if !keeps {
                    known.remove();
                }
                // This happens under the lock, so that a new room of this name is followed after this one is
                // unfollowed.
                self.relay.unfollow(name);
                if keeps {
                    self.archive.sweep_later(self);
                    self.archive.make_room(&mut rosters);
                }
            }
        }
    }
}

impl<Out, C> Default for Rooms<Out, C> {
    fn default() -> Self {
        Self::new()
    }
}

impl<Out, C> Clone for Rooms<Out, C> {
    fn clone(&self) -> Self {
        Self { registry: Arc::clone(&self.registry), slow: Arc::clone(&self.slow), messages: PhantomData }
    }
}

impl<Out, C> fmt::Debug for Rooms<Out, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rooms = self.registry.lock().len();
        f.debug_struct("Rooms")
            .field("rooms", &rooms)
            .field("slow_member", &self.slow.action)
            .field("slow_after", &self.slow.patience.time)
            .field("max_backlog", &self.slow.patience.bytes)
            .finish_non_exhaustive()
    }
}
