//! [`Seat`]: a member, from the room's point of view; and how a message reaches it.

use std::sync::Arc;

use super::After;
use crate::{
    Message,
    connection::{ConnectionError, Outbox},
    protocol::Broadcast,
    rooms::{SlowMember, slow::Slow},
    tracked::{Envelope, Key, Position, Recovery, WhyLost, Wrap},
};

/// A member, from the room's point of view.
pub(in crate::rooms) struct Seat {
    pub(in crate::rooms) id: Arc<str>,
    pub(in crate::rooms) outbox: Outbox,
    /// The ticket that the connection gives back when it leaves the room.
    pub(in crate::rooms) ticket: u64,
    pub(in crate::rooms) slow: Arc<Slow>,
    pub(in crate::rooms) farewell: Option<Message>,
    /// What else is known of a member with envelopes, or of a room with a history.
    pub(in crate::rooms) tracking: Option<Box<Tracking>>,
}

/// What a member has received.
pub(in crate::rooms) struct Tracking {
    pub(in crate::rooms) wrap: Option<Wrap>,
    /// While the member is given what it missed: the last place that it was given. What is sent to the room reaches it from
    /// the log.
    pub(in crate::rooms) cursor: Option<Key>,
    /// Set if the member was too slow for a message, and has not been told.
    missed: bool,
}

impl Tracking {
    pub(in crate::rooms) fn new(wrap: Option<Wrap>, cursor: Option<Key>) -> Self {
        Self { wrap, cursor, missed: false }
    }
}

/// A message on its way to members.
pub(super) struct Sent<'a> {
    pub(super) plain: Broadcast<'a>,
    /// The message in its envelope, if a member wants that.
    pub(super) wrapped: Option<Broadcast<'a>>,
}

impl Seat {
    pub(super) fn push(&mut self, sent: &Sent<'_>, after: &mut After<'_>) {
        let mut message = &sent.plain;
        if let Some(tracking) = &mut self.tracking {
            // It is given this message from the log.
            if tracking.cursor.is_some() {
                return;
            }
            if let (Some(wrap), Some(wrapped)) = (tracking.wrap, &sent.wrapped) {
                message = wrapped;
                if tracking.missed {
                    let lost = Recovery::Lost { why: WhyLost::TooSlow };
                    let told = wrap(&Envelope::recovery(None, lost));
                    let Ok(woken) = self.outbox.try_broadcast(&Broadcast::new(&told), self.slow.patience)
                    else {
                        return;
                    };
                    after.woken.extend(woken);
                    tracking.missed = false;
                }
            }
        }
        match self.outbox.try_broadcast(message, self.slow.patience) {
            Ok(woken) => after.woken.extend(woken),
            Err(ConnectionError::Full) => {
                let action = match &self.slow.action {
                    SlowMember::Close(close) => {
                        after.closed.push((self.outbox.clone(), close.clone()));
                        "close"
                    }
                    SlowMember::Drop => {
                        if let Some(tracking) = &mut self.tracking {
                            tracking.missed = true;
                        }
                        "drop"
                    }
                };
                self.outbox.limits().endpoint.slow_member(action, &self.slow.told);
            }
            // A member that is closed already receives nothing more, and is about to leave.
            Err(_) => {}
        }
    }

    /// Appends a message that the member missed, if there is room for it. Returns `false` if there is not.
    pub(super) fn push_missed(
        &mut self,
        message: &Message,
        position: Position,
        after: &mut After<'_>,
    ) -> bool {
        let wrap = self.tracking.as_ref().and_then(|tracking| tracking.wrap);
        let wrapped = wrap.map(|wrap| wrap(&Envelope::message(Some(position), message)));
        match self.outbox.try_replay(wrapped.as_ref().unwrap_or(message)) {
            Ok(woken) => after.woken.extend(woken),
            Err(ConnectionError::Full) => return false,
            Err(_) => {}
        }
        true
    }

    pub(super) fn tell(&mut self, position: Option<Position>, recovery: Recovery, after: &mut After<'_>) {
        if let Some(wrap) = self.tracking.as_ref().and_then(|tracking| tracking.wrap) {
            let told = wrap(&Envelope::recovery(position, recovery));
            after.woken.extend(self.outbox.append_anyway(&told).into_iter().flatten());
        }
    }
}
