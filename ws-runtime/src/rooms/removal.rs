//! Closing the connections of members: of all, or of one.

use std::mem;

use super::{
    NotAMember, Room,
    roster::Roster,
    seats::{Locked, To},
};
use crate::{Close, IntoClose, connection::Outbox};

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
    /// farewell. Its ID is free at once in this process. In a room whose history Redis keeps, it is free once the member has
    /// received what was sent before. Nothing keeps the client from joining again: an endpoint that has to keep it out
    /// checks that itself.
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
        // This happens under the lock, so that other processes see the same order.
        self.relay().close(self, To::Everyone, close);
        self.close_here(&mut state, To::Everyone, close);
    }

    fn kick(&self, id: &str, close: &Close) -> Result<(), NotAMember> {
        let mut state = self.follow();
        let (is_here, is_elsewhere) = (state.is_present(id), state.remote.contains(id));
        if is_here {
            self.close_here(&mut state, To::Only(id), close);
        }
        if is_elsewhere {
            self.relay().close(self, To::Only(id), close);
        }
        if is_here || is_elsewhere { Ok(()) } else { Err(NotAMember) }
    }

    /// Closes connections of this process after everything that was sent to them before, which they may hear from Redis.
    fn close_here(&self, state: &mut Locked<'_>, to: To<'_>, close: &Close) {
        let mut closing = Some(state.closing(to, close));
        if state.kept_elsewhere().is_some() {
            closing = closing.and_then(|closing| self.relay().close_here(closing));
        }
        if let Some(closing) = closing {
            state.close_now(closing);
        }
    }
}

/// Connections that are closed when this is dropped: there is nothing left to wait for then, or nobody waits any more.
pub(super) struct Closing(Vec<(Outbox, Close)>);

impl Closing {
    pub(super) fn new(connections: impl Iterator<Item = (Outbox, Close)>) -> Self {
        Self(connections.collect())
    }

    /// Returns the connections, and closes none.
    pub(super) fn into_inner(mut self) -> Vec<(Outbox, Close)> {
        mem::take(&mut self.0)
    }
}

impl Drop for Closing {
    fn drop(&mut self) {
        for (outbox, close) in mem::take(&mut self.0) {
            // The connection may be closed already.
            let _ = outbox.close(close);
        }
    }
}
