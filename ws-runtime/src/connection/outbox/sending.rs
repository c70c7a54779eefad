//! Messages and control frames on their way into the outbox.

use std::future::Future;

use tokio_tungstenite::tungstenite::protocol::frame::coding::Data;

use super::{Outbox, State, flag, wire::Wire};
use crate::{
    Closed, Message, SocketError,
    connection::{limits::WhenFull, sync::MutexGuard},
};

impl Outbox {
    pub(crate) fn send(&self, message: &Message) -> impl Future<Output = Result<(), SocketError>> {
        let (opcode, payload) = data(message);
        self.send_data(opcode, payload)
    }

    pub(crate) fn send_text(&self, text: &str) -> impl Future<Output = Result<(), SocketError>> {
        self.send_data(Data::Text, text.as_bytes())
    }

    pub(crate) fn send_binary(&self, bytes: &[u8]) -> impl Future<Output = Result<(), SocketError>> {
        self.send_data(Data::Binary, bytes)
    }

    /// Appends a message once there is room for it.
    async fn send_data(&self, opcode: Data, payload: &[u8]) -> Result<(), SocketError> {
        loop {
            match self.try_append(opcode, payload) {
                Err(SocketError::Full) => self.room().await?,
                sent => return sent,
            }
        }
    }

    /// Appends a message for which there was room. Somebody else may have taken it since.
    pub(crate) fn push(&self, message: &Message) -> Result<(), SocketError> {
        let (opcode, payload) = data(message);
        self.append(self.lock(), |wire| wire.data(opcode, payload))
    }

    /// Appends a message if there is room.
    pub(crate) fn try_push(&self, message: &Message) -> Result<(), SocketError> {
        let (opcode, payload) = data(message);
        self.try_append(opcode, payload)
    }

    /// Sends as handles beside the endpoint do, who may be many and must not wait for one: what becomes of a
    /// message without room is the option's to say.
    pub(crate) async fn send_by_policy(&self, message: &Message) -> Result<(), SocketError> {
        match (&self.0.limits.send_buffer.when_full, self.try_push(message)) {
            (WhenFull::Wait, Err(SocketError::Full)) => self.send(message).await,
            (WhenFull::Drop, Err(SocketError::Full)) => Ok(()),
            (WhenFull::Close(close), Err(SocketError::Full)) => {
                self.close(close.clone())?;
                Err(SocketError::Closed(Closed::Local(close.clone())))
            }
            (_, sent) => sent,
        }
    }

    /// Appends what the protocol engine answers by itself (pongs), unless a Close frame went before.
    pub(in crate::connection) fn append_control(&self, frame: &[u8]) {
        let _ = self.append(self.lock(), |wire| wire.raw(frame));
    }

    /// Queues a ping, unless the connection is closed.
    pub(in crate::connection) fn ping(&self) {
        let _ = self.append(self.lock(), Wire::ping);
    }

    fn try_append(&self, opcode: Data, payload: &[u8]) -> Result<(), SocketError> {
        let state = self.lock();
        state.check_open()?;
        if self.has(flag::FULL) {
            return Err(SocketError::Full);
        }
        self.append(state, |wire| wire.data(opcode, payload))
    }

    /// Appends a frame, whether there is room or not.
    fn append(
        &self,
        mut state: MutexGuard<'_, State>,
        frame: impl FnOnce(&mut Wire),
    ) -> Result<(), SocketError> {
        state.check_open()?;
        frame(&mut state.wire);
        self.appended(state);
        Ok(())
    }

    /// Takes note of what was appended, and wakes the driver if it does not look by itself.
    pub(super) fn appended(&self, state: MutexGuard<'_, State>) {
        if state.wire.len() >= self.0.limits.send_buffer.bytes {
            self.set(flag::FULL);
        }
        if self.has(flag::QUIET) || self.set(flag::QUIET) & flag::QUIET != 0 {
            return;
        }
        let driver = state.driver.clone();
        drop(state);
        if let Some(driver) = driver {
            driver.wake();
        }
    }
}

/// What a message is on the wire.
fn data(message: &Message) -> (Data, &[u8]) {
    match message {
        Message::Text(text) => (Data::Text, text.as_bytes()),
        Message::Binary(bytes) => (Data::Binary, bytes),
    }
}
