//! [`SlowMember`]: what happens to members that read too slowly; and [`Slow`]: when they count as slow.

use std::{sync::Arc, time::Duration};

use crate::{Close, close::ours, connection::Patience, observe::Throttle};

/// What happens to a member that reads too slowly. Nobody waits for the member in either case.
///
/// A burst does not make a member slow: more messages may wait for it than its [`send_buffer`](crate::SendBuffer) holds
/// (64 KiB by default). A member is slow when
///
/// - more than its send buffer holds has waited for [5 seconds](super::Rooms::slow_after), and in that time it has not
///   even taken as much as the buffer holds; or
/// - [128 MiB](super::Rooms::max_backlog) are waiting for it.
///
/// A member that does not read therefore keeps in memory what is sent to its room in 5 seconds, at most 128 MiB and the
/// one message that passes that mark. Messages of 256 bytes or more are stored once for all members that wait for them,
/// with about 64 additional bytes for each.
///
/// ```
/// use std::time::Duration;
/// use ws_runtime::{Close, CloseCode, rooms::{Rooms, SlowMember}};
///
/// let rooms: Rooms = Rooms::new()
///     .slow_member(SlowMember::Close(Close::new(CloseCode::POLICY_VIOLATION, "too slow")))
///     .slow_after(Duration::from_secs(10))
///     .max_backlog(16 * 1024 * 1024);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SlowMember {
    /// The member misses the message.
    Drop,
    /// The member's connection is closed after what is already waiting has been sent. Its endpoint sees
    /// [`Closed::Local`](crate::Closed::Local) and ends, and so the member leaves.
    Close(Close),
}

/// Closes with 1013 `too slow`: a client that reconnects is better off than one that misses messages without knowing
/// it.
impl Default for SlowMember {
    fn default() -> Self {
        Self::Close(ours::TOO_SLOW.close())
    }
}

/// When a member counts as slow, and what happens to it.
#[derive(Debug, Clone)]
pub(super) struct Slow {
    pub(super) action: SlowMember,
    pub(super) patience: Patience,
    /// Throttles the events about slow members.
    pub(super) told: Arc<Throttle>,
}

impl Default for Slow {
    fn default() -> Self {
        let patience = Patience { time: Duration::from_secs(5), bytes: 128 * 1024 * 1024 };
        Self { action: SlowMember::default(), patience, told: Arc::default() }
    }
}
