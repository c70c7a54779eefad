//! Closing the connections of members: of all, or of one.

use super::{NotAMember, Room, roster::Roster, seats::To};
use crate::{Close, IntoClose};

impl<Out, C> Room<Out, C> {
    /// Closes the connections of all current members, after everything that was sent to them before. With Redis, this
    /// includes the members in other processes.
    ///
    /// The endpoints see [`Closed::Local`](crate::Closed::Local) and end, and so their members leave. The room can be
    /// joined again at once. This function does not wait for anybody.
    ///
    /// ```
    /// # use ws_runtime::{Close, close_code, rooms::Room};
    /// fn end_auction(room: &Room) {
    ///     room.close(Close::new(close_code!(4000), "the auction is over"));
    /// }
    /// ```
    pub fn close(&self, close: impl IntoClose) {
        self.roster().close(&close.into_close().without_http());
    }

    /// Closes the connection of one member, or all that [share](super::Join::share) its ID, after everything that was sent to it
    /// before. With Redis, they may be in other processes.
    ///
    /// The member's endpoint sees [`Closed::Local`](crate::Closed::Local) and ends, and so the member leaves with its
    /// farewell. Its ID is free at once in this process. Nothing keeps the client from joining again: an endpoint that
    /// has to keep it out checks that itself.
    ///
    /// # Errors
    ///
    /// Returns [`NotAMember`] if nobody in the room has the ID.
    pub fn kick(&self, id: &str, close: impl IntoClose) -> Result<(), NotAMember> {
        self.roster().kick(id, &close.into_close().without_http())
    }
}

impl Roster {
    fn close(&self, close: &Close) {
        let mut state = self.lock();
        state.close_members(To::Everyone, close);
        // This happens under the lock, so that other processes see the same order.
        self.relay().close(self, To::Everyone, close);
    }

    fn kick(&self, id: &str, close: &Close) -> Result<(), NotAMember> {
        let mut state = self.follow();
        let (is_here, is_elsewhere) = (state.is_present(id), state.remote.contains(id));
        if is_here {
            state.close_members(To::Only(id), close);
        }
        if is_elsewhere {
            self.relay().close(self, To::Only(id), close);
        }
        if is_here || is_elsewhere { Ok(()) } else { Err(NotAMember) }
    }
}
