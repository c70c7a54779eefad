//! [`SlowMember`]: what becomes of those who read too slowly; and [`Slow`]: when that is.

use std::time::Duration;

use crate::{Close, CloseCode, connection::Patience};

/// What becomes of a member that reads too slowly. Nobody waits for it, whichever is chosen.
///
/// A burst makes nobody slow: messages may wait for a member beyond what its [`send_buffer`](crate::SendBuffer) holds (64 KiB
/// by default). A member is slow when
///
/// - more than its send buffer holds has waited for [5 seconds](super::Rooms::slow_after), and it has not even taken as much as
///   the buffer holds in that time; or
/// - [128 MiB](super::Rooms::max_backlog) wait for it.
///
/// So a member that does not read holds what is sent to its room in 5 seconds, and 128 MiB at most, with the one message that
/// passes the mark. Messages of 256 bytes or more are held once for all members for whom they wait, and for each of them
/// some 64 bytes more.
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
    /// It misses the message.
    Drop,
    /// Its connection is closed, behind what waits already. Its endpoint sees
    /// [`Closed::Local`](crate::Closed::Local) and ends, and so the member leaves.
    Close(Close),
}

/// Closes 1013 `too slow`: better a client that reconnects than one that misses messages and does not know.
impl Default for SlowMember {
    fn default() -> Self {
        Self::Close(Close::new(CloseCode::TRY_AGAIN_LATER, "too slow"))
    }
}

/// When a member is slow, and what becomes of it.
#[derive(Debug, Clone)]
pub(super) struct Slow {
    pub(super) action: SlowMember,
    pub(super) patience: Patience,
}

impl Default for Slow {
    fn default() -> Self {
        let patience = Patience { time: Duration::from_secs(5), bytes: 128 * 1024 * 1024 };
        Self { action: SlowMember::default(), patience }
    }
}
