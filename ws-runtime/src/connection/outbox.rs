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

use super::limits::{Limits, WhenFull};
use crate::{Close, Closed, Message, PeerClose, SocketError, observe};

/// Messages as bytes for the wire, in the order they were sent, and how the connection was closed.
///
/// Any handle may send while the driver is in a system call: the lock is only held to append or to swap.
#[derive(Clone)]
pub(crate) struct Outbox(Arc<Shared>);

struct Shared {
    limits: Arc<Limits>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    wire: Vec<u8>,
    /// How many bytes may wait before there is no room.
    room: usize,
    /// The connection was accepted by its endpoint.
    accepted: bool,
    /// The driver will look at `wire` without being woken.
    quiet: bool,
    driver: Option<Waker>,
    /// Those who wait for room, for the close, or for the shutdown.
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
        let state = State { quiet: true, room: limits.send_buffer.bytes, ..State::default() };
        Self(Arc::new(Shared { limits, state: Mutex::new(state) }))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
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
        self.send_data(Data::Text, text.as_bytes()).await
    }

    pub(crate) async fn send_binary(&self, bytes: &[u8]) -> Result<(), SocketError> {
        self.send_data(Data::Binary, bytes).await
    }

    async fn send_data(&self, opcode: Data, payload: &[u8]) -> Result<(), SocketError> {
        poll_fn(|cx| {
            let mut state = self.lock();
            std::task::ready!(state.poll_room(cx))?;
            state.append_data(opcode, payload);
            wake(state);
            Poll::Ready(Ok(()))
        })
        .await
    }

    /// Waits until [`push`](Self::push) may be called.
    pub(crate) fn poll_room(&self, cx: &mut Context<'_>) -> Poll<Result<(), SocketError>> {
        self.lock().poll_room(cx)
    }

    /// Appends a message without waiting for room, whatever waits already.
    pub(crate) fn push(&self, message: &Message) -> Result<(), SocketError> {
        let mut state = self.lock();
        state.check_open()?;
        state.append_message(message);
        wake(state);
        Ok(())
    }

    /// Appends a message if there is room.
    pub(crate) fn try_push(&self, message: &Message) -> Result<(), SocketError> {
        let mut state = self.lock();
        state.check_open()?;
        if state.is_full() {
            return Err(SocketError::Full);
        }
        state.append_message(message);
        wake(state);
        Ok(())
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

    /// Completes once the server shuts down. Whoever waits for it is given the grace period.
    pub(crate) async fn wait_shutdown(&self) {
        poll_fn(|cx| {
            let mut state = self.lock();
            if state.shutdown == Shutdown::Begun {
                return Poll::Ready(());
            }
            state.shutdown = Shutdown::Awaited;
            state.wait(cx.waker());
            Poll::Pending
        })
        .await;
    }

    /// Says that the server shuts down. Whether the endpoint waits for that, and wants to end by itself.
    pub(crate) fn begin_shutdown(&self) -> bool {
        let (awaited, woken) = {
            let mut state = self.lock();
            let before = mem::replace(&mut state.shutdown, Shutdown::Begun);
            (before == Shutdown::Awaited, mem::take(&mut state.waiting))
        };
        woken.into_iter().for_each(Waker::wake);
        awaited
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
    pub(super) fn close_by_peer(&self, peer: Option<PeerClose>) {
        let mut state = self.lock();
        if state.closed.is_none() {
            state.append_close(peer.as_ref().map(|peer| (peer.code, "")));
            state.end(Closed::Peer(peer));
            wake(state);
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.lock().closed.is_some()
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
        self.lock().is_full()
    }

    /// What a receiver has to know; if the outbox is full, the task is woken once there is room.
    pub(super) fn status(&self, waker: &Waker) -> Status {
        let mut state = self.lock();
        match &state.closed {
            Some(closed @ Closed::Local(_)) => Status::Closed(closed.clone()),
            None if state.is_full() => {
                state.wait(waker);
                Status::Full
            }
            _ => Status::Open,
        }
    }

    /// Queues a ping; its pong is proof of life. `false` if the connection is closed.
    pub(super) fn ping(&self) -> bool {
        let mut state = self.lock();
        let open = state.closed.is_none();
        if open {
            state.append(OpCode::Control(Control::Ping), b"");
        }
        open
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
                if state.wire.capacity() > super::KEPT {
                    state.wire = Vec::new();
                }
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
        if !self.is_full() {
            return Poll::Ready(Ok(()));
        }
        self.wait(cx.waker());
        Poll::Pending
    }

    fn is_full(&self) -> bool {
        self.wire.len() >= self.room
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

    fn append_message(&mut self, message: &Message) {
        match message {
            Message::Text(text) => self.append_data(Data::Text, text.as_bytes()),
            Message::Binary(bytes) => self.append_data(Data::Binary, bytes),
        }
    }

    fn append_data(&mut self, opcode: Data, payload: &[u8]) {
        observe::sent(payload.len());
        self.append(OpCode::Data(opcode), payload);
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
