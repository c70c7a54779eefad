//! Messages and control frames on their way into the outbox.

#[cfg(test)]
use std::future::poll_fn;
use std::task::{Poll, Waker};

use super::{Outbox, Patience, State, flag};
use crate::{
    Message,
    connection::{ConnectionError, sync::MutexGuard},
    protocol::{Broadcast, LARGE, Opcode, Payload},
};

/// The size, in bytes, from which a payload is not copied for each connection of a broadcast burst. Sharing one takes
/// about 64 bytes.
const SHARED: usize = 256;

impl Outbox {
    /// Appends a message once there is room for it. This is for the tests of this module; handles have `SendFuture`.
    #[cfg(test)]
    pub(crate) async fn send(&self, message: &Message) -> Result<(), ConnectionError> {
        let mut capacity = self.capacity();
        poll_fn(|cx| capacity.poll_send(cx, |outbox| outbox.poll_push(message))).await
    }

    /// Appends a message after there was room, even if another sender has taken that room since.
    pub(crate) fn push(&self, message: &Message) -> Result<(), ConnectionError> {
        if let Some(driver) = self.append_anyway(message)? {
            driver.wake();
        }
        Ok(())
    }

    /// Appends a message if there is room.
    pub(crate) fn try_push(&self, message: &Message) -> Result<(), ConnectionError> {
        let (opcode, payload) = Payload::of(message);
        self.try_append(opcode, payload)
    }

    /// Appends a message as [`poll_append`](Self::poll_append) does.
    pub(crate) fn poll_push(&self, message: &Message) -> Poll<Result<(), ConnectionError>> {
        let (opcode, payload) = Payload::of(message);
        self.poll_append(opcode, payload)
    }

    /// Appends a message. Pending if there is no room; the caller is not woken then, as that is done by
    /// [`Capacity`](super::Capacity).
    pub(crate) fn poll_append(
        &self,
        opcode: Opcode,
        payload: Payload<'_>,
    ) -> Poll<Result<(), ConnectionError>> {
        match self.try_append(opcode, payload) {
            Err(ConnectionError::Full) => Poll::Pending,
            appended => Poll::Ready(appended),
        }
    }

    /// Appends a broadcast message, unless the peer does not keep up. A burst may be larger than the send buffer.
    /// Returns the task to wake, if there is one.
    pub(crate) fn try_broadcast(
        &self,
        broadcast: &Broadcast<'_>,
        patience: Patience,
    ) -> Result<Option<Waker>, ConnectionError> {
        let mut state = self.lock();
        state.check_open()?;
        let buffer = self.0.limits.send_buffer.bytes;
        if !state.keeps_up(buffer, patience) {
            return Err(ConnectionError::Full);
        }
        self.sent(broadcast.message().len());
        // What exceeds the buffer is shared with all the other connections for which it waits.
        let shared_from = if state.lag.is_some() { SHARED } else { LARGE };
        let State { wire, deflater, .. } = &mut *state;
        wire.broadcast(broadcast, deflater.as_deref_mut(), shared_from);
        self.weigh(&mut state);
        Ok(self.to_wake(&state))
    }

    /// Appends a message that was broadcast before, if there is room. Returns the task to wake, if there is one.
    pub(crate) fn try_replay(&self, message: &Message) -> Result<Option<Waker>, ConnectionError> {
        if self.is_full() {
            return Err(ConnectionError::Full);
        }
        self.append_anyway(message)
    }

    /// Appends a message even if there is no room. Returns the task to wake, if there is one.
    pub(crate) fn append_anyway(&self, message: &Message) -> Result<Option<Waker>, ConnectionError> {
        let (opcode, payload) = Payload::of(message);
        let mut state = self.lock();
        state.check_open()?;
        self.append(&mut state, opcode, payload);
        self.weigh(&mut state);
        Ok(self.to_wake(&state))
    }

    /// Answers a ping, unless the connection is closed.
    pub(in crate::connection) fn pong(&self, payload: &[u8]) {
        let mut state = self.lock();
        if state.closed.is_none() {
            state.wire.pong(payload, !self.has(flag::FULL));
            if state.wire.holds_pong() {
                self.set(flag::PONG);
            }
            self.appended(state);
        }
    }

    /// Queues a ping, unless the connection is closed.
    pub(in crate::connection) fn ping(&self) {
        let mut state = self.lock();
        if state.closed.is_none() {
            state.wire.ping(b"");
            self.appended(state);
        }
    }

    fn try_append(&self, opcode: Opcode, payload: Payload<'_>) -> Result<(), ConnectionError> {
        let mut state = self.lock();
        state.check_open()?;
        if self.has(flag::FULL) {
            return Err(ConnectionError::Full);
        }
        self.append(&mut state, opcode, payload);
        self.appended(state);
        Ok(())
    }

    /// Appends a message even if there is no room, and counts it.
    fn append(&self, state: &mut State, opcode: Opcode, payload: Payload<'_>) {
        self.sent(payload.as_slice().len());
        let State { wire, deflater, .. } = state;
        wire.message(opcode, payload, deflater.as_deref_mut());
    }

    /// Updates the flags after an append, and wakes the driver if it does not look by itself.
    pub(super) fn appended(&self, mut state: MutexGuard<'_, State>) {
        self.weigh(&mut state);
        let driver = self.to_wake(&state);
        drop(state);
        if let Some(driver) = driver {
            driver.wake();
        }
    }

    /// Updates the flags after an append. Returns the driver if it does not look by itself.
    fn to_wake(&self, state: &State) -> Option<Waker> {
        if state.wire.len() >= self.0.limits.send_buffer.bytes {
            self.set(flag::FULL);
        }
        if self.has(flag::QUIET) || self.set(flag::QUIET) & flag::QUIET != 0 {
            return None;
        }
        state.driver.clone()
    }
}
