//! [`Outbox`]: what waits to be written, and whether the connection is closed.

#[cfg(all(test, ws_loom))]
mod model;
mod wire;

use std::{
    fmt,
    future::{Future, poll_fn},
    mem,
    pin::pin,
    sync::{Arc, PoisonError, atomic::Ordering},
    task::{Context, Poll, Waker},
};

use tokio::sync::Notify;
use tokio_tungstenite::tungstenite::protocol::frame::coding::Data;

use super::{
    limits::{Limits, WhenFull},
    sync::{AtomicU8, Mutex, MutexGuard},
};
use crate::{Close, CloseCode, Closed, Message, PeerClose, SocketError};
use wire::Wire;

/// Messages as bytes for the wire, in the order they were sent, and how the connection was closed.
///
/// Any handle may send while the driver is in a system call: the lock is only held to append or to swap.
#[derive(Clone)]
pub(crate) struct Outbox(Arc<Shared>);

struct Shared {
    limits: Arc<Limits>,
    state: Mutex<State>,
    /// What of the state others ask for with every message, to be read without the lock: bits of [`flag`].
    flags: AtomicU8,
    /// Rung for those who wait for the close, or for the shutdown.
    end: Notify,
}

/// They are only set and cleared under the lock.
mod flag {
    /// So much waits to be written that there is no room.
    pub(super) const FULL: u8 = 1;
    /// The connection is closed, by whichever side.
    pub(super) const CLOSED: u8 = 2;
}

#[derive(Default)]
struct State {
    wire: Wire,
    /// The connection was accepted by its endpoint.
    accepted: bool,
    /// The driver will look at `wire` without being woken.
    quiet: bool,
    driver: Option<Waker>,
    /// Those who wait for room.
    waiting: Vec<Waker>,
    closed: Option<Closed>,
    shutdown: Shutdown,
}

/// What the connection and its endpoint know of the server's end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Shutdown {
    #[default]
    No,
    /// The endpoint waits for it, and wants to say goodbye by itself.
    Awaited,
    Begun,
}

/// What of the outbox a receiver has to know.
pub(super) enum Status {
    Open,
    /// So much waits to be written that nothing more is read: the peer has to read first. The waker is kept.
    Full,
    /// Closed by our side.
    Closed(Closed),
}

impl Outbox {
    pub(crate) fn new(limits: Arc<Limits>) -> Self {
        let state = Mutex::new(State { quiet: true, ..State::default() });
        Self(Arc::new(Shared { limits, state, flags: AtomicU8::new(0), end: Notify::new() }))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn has(&self, flag: u8) -> bool {
        self.0.flags.load(Ordering::Acquire) & flag != 0
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.0.limits
    }

    pub(crate) fn accept(&self) {
        self.lock().accepted = true;
    }

    pub(crate) fn is_accepted(&self) -> bool {
        self.lock().accepted
    }
}

/// Sending.
impl Outbox {
    pub(crate) fn send(&self, message: &Message) -> impl Future<Output = Result<(), SocketError>> {
        let (opcode, payload) = match message {
            Message::Text(text) => (Data::Text, text.as_bytes()),
            Message::Binary(bytes) => (Data::Binary, &bytes[..]),
        };
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
                Err(SocketError::Full) => poll_fn(|cx| self.poll_room(cx)).await?,
                sent => return sent,
            }
        }
    }

    /// Ready once there is room, or never will be.
    pub(crate) fn poll_room(&self, cx: &mut Context<'_>) -> Poll<Result<(), SocketError>> {
        let mut state = self.lock();
        state.check_open()?;
        if self.has(flag::FULL) {
            state.wake_later(cx.waker());
            return Poll::Pending;
        }
        Poll::Ready(Ok(()))
    }

    /// Appends a message if there is room.
    pub(crate) fn try_push(&self, message: &Message) -> Result<(), SocketError> {
        self.append(|wire| wire.message(message))
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
    pub(super) fn append_control(&self, frame: &[u8]) {
        let mut state = self.lock();
        if state.closed.is_none() {
            state.wire.raw(frame);
            self.appended(state);
        }
    }

    /// Queues a ping, unless the connection is closed.
    pub(super) fn ping(&self) {
        let mut state = self.lock();
        if state.closed.is_none() {
            state.wire.ping();
            self.appended(state);
        }
    }

    /// Takes note of what was appended, and wakes the driver if it does not look by itself.
    fn appended(&self, mut state: MutexGuard<'_, State>) {
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

/// Closing.
impl Outbox {
    pub(crate) fn is_closed(&self) -> bool {
        self.has(flag::CLOSED)
    }

    pub(crate) fn closed(&self) -> Option<Closed> {
        self.lock().closed.clone()
    }

    /// Completes once the connection is closed, by whichever side.
    pub(crate) async fn wait_closed(&self) -> Closed {
        loop {
            let mut end = pin!(self.0.end.notified());
            end.as_mut().enable();
            if let Some(closed) = self.closed() {
                return closed;
            }
            end.await;
        }
    }

    /// Appends a Close frame behind everything that was sent. The first close wins.
    pub(crate) fn close(&self, close: Close) -> Result<(), SocketError> {
        let mut state = self.lock();
        state.check_open()?;
        state.wire.close(Some((close.code().as_u16(), close.reason())));
        self.end(state, Closed::Local(close));
        Ok(())
    }

    /// Takes note of the peer's Close frame and answers it (RFC 6455, section 5.5.1).
    pub(super) fn close_by_peer(&self, peer: Option<PeerClose>) {
        let mut state = self.lock();
        if state.closed.is_none() {
            // A code that must not be sent is answered with what it is: a protocol error.
            let code = peer
                .as_ref()
                .map(|peer| CloseCode::from_u16(peer.code).unwrap_or(CloseCode::PROTOCOL_ERROR).as_u16());
            state.wire.close(code.map(|code| (code, "")));
            self.end(state, Closed::Peer(peer));
        }
    }

    /// Takes note that the transport is gone.
    pub(crate) fn lose(&self) {
        let state = self.lock();
        if state.closed.is_none() {
            self.end(state, Closed::Lost);
        }
    }

    fn end(&self, mut state: MutexGuard<'_, State>, closed: Closed) {
        state.closed = Some(closed);
        self.0.flags.fetch_or(flag::CLOSED, Ordering::Release);
        let waiting = mem::take(&mut state.waiting);
        // A driver that waits for the peer to read does not look by itself, and the time to close begins now.
        state.quiet = false;
        self.appended(state);
        waiting.into_iter().for_each(Waker::wake);
        self.0.end.notify_waiters();
    }

    /// Completes once the server shuts down. Whoever waits for it is given the grace period.
    pub(crate) async fn wait_shutdown(&self) {
        loop {
            let mut end = pin!(self.0.end.notified());
            end.as_mut().enable();
            {
                let mut state = self.lock();
                if state.shutdown == Shutdown::Begun {
                    return;
                }
                state.shutdown = Shutdown::Awaited;
            }
            end.await;
        }
    }

    /// Says that the server shuts down. Whether the endpoint waits for that, and wants to end by itself.
    pub(crate) fn begin_shutdown(&self) -> bool {
        let before = mem::replace(&mut self.lock().shutdown, Shutdown::Begun);
        self.0.end.notify_waiters();
        before == Shutdown::Awaited
    }
}

/// For the driver and the inbox.
impl Outbox {
    /// Whether so much waits to be written that nothing more should be read: the peer has to read first.
    pub(super) fn is_full(&self) -> bool {
        self.has(flag::FULL)
    }

    /// What a receiver has to know; if the outbox is full, the task is woken once there is room.
    pub(super) fn status(&self, waker: &Waker) -> Status {
        // The way of every message: nothing to wait for, and no lock.
        if self.0.flags.load(Ordering::Acquire) == 0 {
            return Status::Open;
        }
        let mut state = self.lock();
        match &state.closed {
            Some(closed @ Closed::Local(_)) => Status::Closed(closed.clone()),
            None if self.has(flag::FULL) => {
                state.wake_later(waker);
                Status::Full
            }
            _ => Status::Open,
        }
    }

    /// Says that the driver is running and will take what is sent from here on without being woken.
    pub(super) fn attend(&self, driver: &Waker) {
        let mut state = self.lock();
        state.quiet = true;
        if !state.driver.as_ref().is_some_and(|known| known.will_wake(driver)) {
            state.driver = Some(driver.clone());
        }
    }

    /// Gives back what an idle connection need not hold.
    pub(super) fn shrink(&self) {
        self.lock().wire.shrink();
    }

    /// Swaps what was sent into `writing`, which is empty. Whoever sends from here on wakes the driver: both under
    /// one lock, or a wake-up would be lost.
    pub(super) fn take(&self, writing: &mut Vec<u8>) {
        let mut state = self.lock();
        state.quiet = false;
        if state.wire.is_empty() {
            return;
        }
        state.wire.swap(writing);
        if self.has(flag::FULL) {
            self.0.flags.fetch_and(!flag::FULL, Ordering::Release);
            let room = mem::take(&mut state.waiting);
            drop(state);
            room.into_iter().for_each(Waker::wake);
        }
    }
}

impl State {
    fn check_open(&self) -> Result<(), SocketError> {
        match &self.closed {
            Some(closed) => Err(SocketError::Closed(closed.clone())),
            None => Ok(()),
        }
    }

    fn wake_later(&mut self, waker: &Waker) {
        if !self.waiting.iter().any(|known| known.will_wake(waker)) {
            self.waiting.push(waker.clone());
        }
    }
}

impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.lock();
        f.debug_struct("Outbox")
            .field("waiting_bytes", &state.wire.len())
            .field("closed", &state.closed)
            .finish_non_exhaustive()
    }
}
