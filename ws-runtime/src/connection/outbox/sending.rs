//! Messages and control frames on their way into the outbox, and who waits for room.

use std::{
    future::Future,
    mem,
    sync::atomic::Ordering,
    task::{Context, Poll},
};

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
            match self.append(|wire| wire.data(opcode, payload)) {
                Err(SocketError::Full) => self.room().await?,
                sent => return sent,
            }
        }
    }

    /// Ready once there is room, or never will be; for those who then [`push`](Self::push) one message.
    pub(crate) fn poll_room(&self, cx: &mut Context<'_>) -> Poll<Result<(), SocketError>> {
        let mut state = self.lock();
        state.check_open()?;
        if self.has(flag::FULL) {
            state.waiting().keep(cx.waker());
            return Poll::Pending;
        }
        Poll::Ready(Ok(()))
    }

    /// Appends a message for which there was room. Somebody else may have taken it since.
    pub(crate) fn push(&self, message: &Message) -> Result<(), SocketError> {
        let (opcode, payload) = data(message);
        let mut state = self.lock();
        state.check_open()?;
        state.wire.data(opcode, payload);
        self.appended(state);
        Ok(())
    }

    /// Appends a message if there is room.
    pub(crate) fn try_push(&self, message: &Message) -> Result<(), SocketError> {
        let (opcode, payload) = data(message);
        self.append(|wire| wire.data(opcode, payload))
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

    fn append(&self, frame: impl FnOnce(&mut Wire)) -> Result<(), SocketError> {
        let mut state = self.lock();
        state.check_open()?;
        if self.has(flag::FULL) {
            return Err(SocketError::Full);
        }
        frame(&mut state.wire);
        self.appended(state);
        Ok(())
    }

    /// Appends what the protocol engine answers by itself (pongs), unless a Close frame went before.
    pub(in crate::connection) fn append_control(&self, frame: &[u8]) {
        let mut state = self.lock();
        if state.closed.is_none() {
            state.wire.raw(frame);
            self.appended(state);
        }
    }

    /// Queues a ping, unless the connection is closed.
    pub(in crate::connection) fn ping(&self) {
        let mut state = self.lock();
        if state.closed.is_none() {
            state.wire.ping();
            self.appended(state);
        }
    }

    /// Takes note of what was appended, and wakes the driver if it does not look by itself.
    pub(super) fn appended(&self, mut state: MutexGuard<'_, State>) {
        if state.wire.len() >= self.0.limits.send_buffer.bytes {
            self.0.flags.fetch_or(flag::FULL, Ordering::Release);
        }
        if mem::replace(&mut state.quiet, true) {
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
