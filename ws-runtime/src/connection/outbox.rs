//! [`Outbox`]: what waits to be written, and whether the connection is closed.

use std::{
    fmt,
    future::poll_fn,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use tokio_tungstenite::tungstenite::protocol::frame::{
    FrameHeader,
    coding::{Control, Data, OpCode},
};

use super::SEND_BUFFER;
use crate::{Close, Closed, Message, SocketError};

/// Messages as bytes for the wire, in the order they were sent, and how the connection was closed.
///
/// Any handle may send while the driver is in a system call: the lock is only held to append or to swap.
#[derive(Clone)]
pub(crate) struct Outbox(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    wire: Vec<u8>,
    /// The connection was accepted by its endpoint.
    accepted: bool,
    /// The driver will look at `wire` without being woken.
    quiet: bool,
    driver: Option<Waker>,
    /// Those who wait for room, or for the close.
    waiting: Vec<Waker>,
    closed: Option<Closed>,
}

impl Outbox {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(State { quiet: true, ..State::default() })))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn accept(&self) {
        self.lock().accepted = true;
    }

    pub(crate) fn is_accepted(&self) -> bool {
        self.lock().accepted
    }

    pub(crate) fn closed(&self) -> Option<Closed> {
        self.lock().closed.clone()
    }

    /// Completes once the connection is closed, by whichever side.
    pub(crate) async fn wait_closed(&self) -> Closed {
        poll_fn(|cx| {
            let mut state = self.lock();
            if let Some(closed) = &state.closed {
                return Poll::Ready(closed.clone());
            }
            state.wait(cx.waker());
            Poll::Pending
        })
        .await
    }

    pub(crate) async fn send(&self, message: &Message) -> Result<(), SocketError> {
        match message {
            Message::Text(text) => self.send_text(text).await,
            Message::Binary(bytes) => self.send_binary(bytes).await,
        }
    }

    pub(crate) async fn send_text(&self, text: &str) -> Result<(), SocketError> {
        self.send_frame(Data::Text, text.as_bytes()).await
    }

    pub(crate) async fn send_binary(&self, bytes: &[u8]) -> Result<(), SocketError> {
        self.send_frame(Data::Binary, bytes).await
    }

    async fn send_frame(&self, opcode: Data, payload: &[u8]) -> Result<(), SocketError> {
        poll_fn(|cx| {
            let mut state = self.lock();
            std::task::ready!(state.poll_room(cx))?;
            state.append(OpCode::Data(opcode), payload);
            wake(state);
            Poll::Ready(Ok(()))
        })
        .await
    }

    /// Waits until [`push`](Self::push) may be called.
    pub(crate) fn poll_room(&self, cx: &mut Context<'_>) -> Poll<Result<(), SocketError>> {
        self.lock().poll_room(cx)
    }

    /// Appends a message without waiting for room.
    pub(crate) fn push(&self, message: &Message) -> Result<(), SocketError> {
        let mut state = self.lock();
        state.check_open()?;
        match message {
            Message::Text(text) => state.append(OpCode::Data(Data::Text), text.as_bytes()),
            Message::Binary(bytes) => state.append(OpCode::Data(Data::Binary), bytes),
        }
        wake(state);
        Ok(())
    }

    /// Appends a Close frame behind everything that was sent. The first close wins.
    pub(crate) fn close(&self, close: Close) -> Result<(), SocketError> {
        let mut state = self.lock();
        state.check_open()?;
        state.append_close(Some((close.code().as_u16(), close.reason())));
        state.end(Closed::Local(close));
        wake(state);
        Ok(())
    }

    /// Takes note of the peer's Close frame and answers it (RFC 6455, section 5.5.1).
    pub(super) fn close_by_peer(&self, closed: Closed, answer: Option<(u16, &str)>) {
        let mut state = self.lock();
        if state.closed.is_none() {
            state.append_close(answer);
            state.end(closed);
            wake(state);
        }
    }

    /// Takes note that the transport is gone.
    pub(crate) fn lose(&self) {
        let mut state = self.lock();
        if state.closed.is_none() {
            state.end(Closed::Lost);
        }
    }

    /// Appends what the protocol engine answers by itself (pongs), unless a Close frame went before.
    pub(super) fn append_control(&self, frame: &[u8]) {
        let mut state = self.lock();
        if state.closed.is_none() {
            state.wire.extend_from_slice(frame);
        }
    }

    /// Whether so much waits to be written that nothing more should be read: the peer has to read first.
    pub(super) fn is_full(&self) -> bool {
        self.lock().wire.len() >= SEND_BUFFER
    }

    /// Like [`is_full`](Self::is_full), and wakes the task once there is room.
    pub(super) fn is_full_for(&self, waker: &Waker) -> bool {
        let mut state = self.lock();
        let full = state.wire.len() >= SEND_BUFFER;
        if full {
            state.wait(waker);
        }
        full
    }

    /// Says that the driver is running and will take what is sent from here on without being woken.
    pub(super) fn attend(&self, driver: &Waker) {
        let mut state = self.lock();
        state.quiet = true;
        if !state.driver.as_ref().is_some_and(|known| known.will_wake(driver)) {
            state.driver = Some(driver.clone());
        }
    }

    /// Swaps what was sent into `writing`, which is empty. Whoever sends from here on wakes the driver: both under
    /// one lock, or a wake-up would be lost.
    pub(super) fn take(&self, writing: &mut Vec<u8>) {
        let woken = {
            let mut state = self.lock();
            state.quiet = false;
            if state.wire.is_empty() {
                return;
            }
            mem::swap(&mut state.wire, writing);
            mem::take(&mut state.waiting)
        };
        woken.into_iter().for_each(Waker::wake);
    }
}

impl State {
    fn check_open(&self) -> Result<(), SocketError> {
        match &self.closed {
            Some(closed) => Err(SocketError::Closed(closed.clone())),
            None => Ok(()),
        }
    }

    fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), SocketError>> {
        self.check_open()?;
        if self.wire.len() < SEND_BUFFER {
            return Poll::Ready(Ok(()));
        }
        self.wait(cx.waker());
        Poll::Pending
    }

    fn wait(&mut self, waker: &Waker) {
        if !self.waiting.iter().any(|known| known.will_wake(waker)) {
            self.waiting.push(waker.clone());
        }
    }

    /// Server frames are not masked (RFC 6455, section 5.1).
    fn append(&mut self, opcode: OpCode, payload: &[u8]) {
        let header = FrameHeader { opcode, ..FrameHeader::default() };
        header.format(payload.len() as u64, &mut self.wire).expect("a Vec takes any write");
        self.wire.extend_from_slice(payload);
    }

    fn append_close(&mut self, frame: Option<(u16, &str)>) {
        let payload =
            frame.map_or_else(Vec::new, |(code, reason)| [&code.to_be_bytes(), reason.as_bytes()].concat());
        self.append(OpCode::Control(Control::Close), &payload);
    }

    fn end(&mut self, closed: Closed) {
        self.closed = Some(closed);
        mem::take(&mut self.waiting).into_iter().for_each(Waker::wake);
    }
}

/// Wakes the driver after the lock is released, if it does not look by itself.
fn wake(mut state: MutexGuard<'_, State>) {
    if mem::replace(&mut state.quiet, true) {
        return;
    }
    let driver = state.driver.clone();
    drop(state);
    if let Some(driver) = driver {
        driver.wake();
    }
}

impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.lock();
        f.debug_struct("Outbox")
            .field("waiting_bytes", &state.wire.len())
            .field("closed", &state.closed)
            .finish()
    }
}
