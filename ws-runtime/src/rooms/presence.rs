//! [`Presence`]: who is in a room, and what they tell of themselves.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    sync::Arc,
};

use serde::{Serialize, de::DeserializeOwned};
use tokio::sync::watch;

use super::Room;
use crate::{Json, Message, SocketError};

/// A watch on who is in a room, returned by [`Room::presence`].
///
/// ```
/// # use ws_runtime::rooms::Room;
/// /// Waits until two players are there.
/// async fn full(room: &Room) -> Vec<String> {
///     let mut presence = room.presence();
///     loop {
///         let members = presence.members();
///         if members.len() == 2 {
///             return members;
///         }
///         presence.changed().await;
///     }
/// }
/// ```
pub struct Presence<Out = Message, C = Json> {
    room: Room<Out, C>,
    changes: watch::Receiver<u64>,
    /// The members that `next` has told of.
    told: BTreeMap<Arc<str>, Option<Meta>>,
    pending: VecDeque<PresenceChange>,
    /// Whether `next` has told of anybody.
    begun: bool,
}

impl<Out, C> Presence<Out, C> {
    pub(super) fn new(room: Room<Out, C>) -> Self {
        let changes = room.roster().changes();
        Self { room, changes, told: BTreeMap::new(), pending: VecDeque::new(), begun: false }
    }

    /// Returns the IDs of the current members. The next [`changed`](Self::changed) waits for a change from here on.
    pub fn members(&mut self) -> Vec<String> {
        self.changes.mark_unchanged();
        self.room.members()
    }

    /// Waits until somebody joins or leaves. Several changes may be reported as one, but none is missed. This method is
    /// cancel-safe.
    pub async fn changed(&mut self) {
        // This cannot fail: the room holds the sending end.
        let _ = self.changes.changed().await;
    }

    /// Waits until somebody joins or leaves, or tells something else of itself, and returns that. The first calls return
    /// those who are in the room already, so that all changes together are who is in the room.
    ///
    /// Changes that nobody waited for are not kept: what is returned is the difference to what was returned before. A member
    /// that left and came back in the meantime has been there all the time. This method is cancel-safe.
    ///
    /// ```
    /// # use ws_runtime::rooms::{PresenceChange, Room};
    /// # async fn show(room: &Room) {
    /// let mut presence = room.presence();
    /// loop {
    ///     match presence.next().await {
    ///         PresenceChange::Joined { id, .. } => println!("{id} is here"),
    ///         PresenceChange::Left { id } => println!("{id} has left"),
    ///         PresenceChange::Changed { id, meta } => println!("{id}: {meta:?}"),
    ///         _ => {}
    ///     }
    /// }
    /// # }
    /// ```
    pub async fn next(&mut self) -> PresenceChange {
        loop {
            if let Some(change) = self.pending.pop_front() {
                change.apply(&mut self.told);
                return change;
            }
            if self.begun {
                self.changed().await;
            }
            self.begun = true;
            self.changes.mark_unchanged();
            self.compare();
        }
    }

    fn compare(&mut self) {
        let now: BTreeMap<_, _> = self.room.roster().people().into_iter().collect();
        for id in self.told.keys().filter(|id| !now.contains_key(*id)) {
            self.pending.push_back(PresenceChange::Left { id: id.to_string() });
        }
        for (id, meta) in now {
            let (id, known) = (id.to_string(), self.told.get(&id));
            match known {
                None => self.pending.push_back(PresenceChange::Joined { id, meta }),
                Some(known) if *known != meta => self.pending.push_back(PresenceChange::Changed { id, meta }),
                Some(_) => {}
            }
        }
    }
}

/// A change of who is in a room, returned by [`Presence::next`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PresenceChange {
    /// Somebody joined, or is there already when the first changes are told.
    Joined {
        /// The ID.
        id: String,
        /// What the member tells of itself.
        meta: Option<Meta>,
    },
    /// Somebody left.
    Left {
        /// The ID.
        id: String,
    },
    /// A member tells something else of itself.
    Changed {
        /// The ID.
        id: String,
        /// What it tells.
        meta: Option<Meta>,
    },
}

impl PresenceChange {
    fn apply(&self, told: &mut BTreeMap<Arc<str>, Option<Meta>>) {
        match self {
            Self::Joined { id, meta } | Self::Changed { id, meta } => {
                told.insert(id.as_str().into(), meta.clone());
            }
            Self::Left { id } => {
                told.remove(id.as_str());
            }
        }
    }
}

/// What a member tells of itself, as JSON: a status, or a name to show. It is set by
/// [`Member::set_meta`](super::Member::set_meta), and has at most 4 KiB.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meta(Arc<str>);

/// The size of the largest metadata, in bytes.
const MAX_META: usize = 4 * 1024;

impl Meta {
    pub(super) fn new(value: &(impl Serialize + ?Sized)) -> Result<Self, SocketError> {
        let json = serde_json::to_string(value).map_err(|error| SocketError::Encode(error.into()))?;
        Self::from_json(json.as_str().into())
            .ok_or_else(|| SocketError::Encode("the metadata of a member has more than 4 KiB".into()))
    }

    pub(super) fn from_json(json: Arc<str>) -> Option<Self> {
        (json.len() <= MAX_META).then_some(Self(json))
    }

    /// Returns the metadata as JSON.
    #[must_use]
    pub fn json(&self) -> &str {
        &self.0
    }

    /// Reads the metadata.
    ///
    /// # Errors
    ///
    /// Returns an error if it is not a `T`.
    pub fn get<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(&self.0)
    }
}

impl<Out, C> fmt::Debug for Presence<Out, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Presence").field("room", &self.room).finish_non_exhaustive()
    }
}
