//! The retained value of a room: the message that everyone receives who joins.

use super::{Room, roster::Roster, seats::To};
use crate::{Encode, Message, SocketError};

/// The retained value: the last message, for members that come late.
impl<Out, C> Room<Out, C> {
    /// Keeps a message that each new member receives when it joins, before everything that is sent to the room from
    /// then on. It replaces the message that was kept before. Current members do not receive it:
    /// [`broadcast_retained`](Self::broadcast_retained) sends it to them, too.
    ///
    /// The message is kept as long as the room exists, that is, while it has members or handles. With Redis it is kept
    /// for all processes, while the room exists in one of them and for at most another lease (15 seconds by default).
    ///
    /// ```
    /// # use ws_runtime::{Message, SocketError, rooms::Rooms};
    /// let prices = Rooms::<Message>::new().room("prices");
    /// prices.retain(&Message::from("EUR 1.17"))?;
    /// # Ok::<(), SocketError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`SocketError::Encode`] if the message cannot be serialized.
    pub fn retain(&self, message: &Out) -> Result<(), SocketError>
    where
        C: Encode<Out>,
    {
        self.roster().retain(Some(C::encode(message)?.into_owned()), false);
        Ok(())
    }

    /// Sends a message to everyone in the room, and keeps it for those who join later, in one step: a member that joins
    /// in the meantime receives it once.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`retain`](Self::retain).
    pub fn broadcast_retained(&self, message: &Out) -> Result<(), SocketError>
    where
        C: Encode<Out>,
    {
        self.roster().retain(Some(C::encode(message)?.into_owned()), true);
        Ok(())
    }

    /// Forgets the message that is kept for those who join later, if there is one.
    pub fn clear_retained(&self) {
        self.roster().retain(None, false);
    }
}

impl Roster {
    fn retain(&self, message: Option<Message>, tell: bool) {
        let mut state = self.lock();
        // A message that Redis remembers reaches the members of all processes from there.
        let kept_elsewhere = state.kept_elsewhere();
        let is_kept = kept_elsewhere.is_some();
        if let Some(message) = message.as_ref().filter(|_| tell) {
            if is_kept {
                self.relay().publish(self, To::Everyone, message, kept_elsewhere);
            } else {
                state.deliver(To::Everyone, message);
            }
        }
        // This happens under the lock, so that other processes see the same order.
        self.relay().retain(self, message.as_ref(), tell && !is_kept);
        // Those who join before Redis tells the room are told with it.
        if !(tell && is_kept) {
            state.retained = message;
        }
    }
}
