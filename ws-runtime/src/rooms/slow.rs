//! [`SlowMember`]: what becomes of those who read too slowly.

use crate::{Close, CloseCode};

/// What becomes of a member for whom there is no room: as many bytes wait for it as its
/// [`send_buffer`](crate::SendBuffer) holds (64 KiB by default). Nobody waits for it, whichever is chosen.
///
/// ```
/// use ws_runtime::{Close, CloseCode, rooms::{Rooms, SlowMember}};
///
/// let rooms: Rooms = Rooms::new().slow_member(SlowMember::Close(Close::new(CloseCode::POLICY_VIOLATION, "too slow")));
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
