//! [`Inbox`]: what was read from the socket ahead of the endpoint, and whether there is more to come.

use std::{
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker, ready},
};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::Instant,
};

#[cfg(feature = "rate-limit")]
use super::rate_limit::Limiter;
use super::{
    Outbox,
    engine::{Engine, Received},
    idle::Idle,
    item::Item,
    outbox::Status,
    read_ahead::ReadAhead,
    socket::Socket,
};
use crate::{Closed, Message, SocketError, observe};

/// What a handle needs of the inbox, whatever the transport.
pub(crate) trait Receive: Send + Sync {
    /// Takes the next message. Nothing is lost if the caller stops waiting.
    fn poll_recv(&self, cx: &mut Context<'_>) -> Poll<Result<Message, SocketError>>;

    /// Says that nobody waits in `poll_recv` any more.
    fn stop_waiting(&self);
}

/// The inbox of a connection, as handles see it.
pub(crate) type Attached = Arc<dyn Receive>;

/// The reading half of a connection, and its transport.
pub(crate) struct Inbox<IO> {
    pub(super) outbox: Outbox,
    state: Mutex<State<IO>>,
}

pub(super) struct State<IO> {
    pub(super) socket: Socket<IO>,
    engine: Engine,
    ahead: ReadAhead<Item>,
    /// In this turn of the driver's task its endpoint has found nothing to read.
    starved: bool,
    /// The task that was last in `poll_recv`.
    receiver: Option<Waker>,
    /// It waits there.
    waits: bool,
    driver: Option<Waker>,
    pub(super) reading: Reading,
    idle: Option<Box<Idle>>,
    #[cfg(feature = "rate-limit")]
    limiter: Option<Box<Limiter>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// More messages may come.
    Open,
    /// The peer's Close frame has come: there is nothing behind it.
    Closed,
    /// The peer broke the protocol, or ended without a Close frame. What is left is not read.
    Over,
    /// The transport is gone: there is nothing to write to either.
    Lost,
}

/// Puts a transport behind an outbox. `bare`: it needs no message of its own to end, as TLS does. `head` is what was
/// read from it already.
pub(crate) fn attach<IO: AsyncRead + AsyncWrite + Unpin>(
    io: IO,
    bare: bool,
    head: Vec<u8>,
    outbox: Outbox,
) -> Arc<Inbox<IO>> {
    let limits = outbox.limits();
    let state = State {
        socket: Socket::new(io, bare),
        engine: Engine::new(head),
        ahead: ReadAhead::default(),
        starved: false,
        receiver: None,
        waits: false,
        driver: None,
        reading: Reading::Open,
        idle: limits.idle_timeout.map(|timeout| Box::new(Idle::new(timeout))),
        #[cfg(feature = "rate-limit")]
        limiter: limits.rate_limit.and_then(Limiter::new).map(Box::new),
    };
    Arc::new(Inbox { outbox, state: Mutex::new(state) })
}

impl<IO: AsyncRead + AsyncWrite + Unpin> Inbox<IO> {
    pub(super) fn lock(&self) -> MutexGuard<'_, State<IO>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says which task is to be woken by the transport, and by whoever sends.
    pub(super) fn set_driver(&self, driver: &Waker) {
        self.outbox.set_driver(driver);
        self.lock().driver = Some(driver.clone());
    }

    /// Whether what the peer sends is left unread for now, because the endpoint or the peer itself does not keep up.
    pub(super) fn is_paused(&self) -> bool {
        self.lock().ahead.is_full() || self.outbox.is_full()
    }

    /// When the peer has been idle for too long.
    pub(super) fn idle_deadline(&self) -> Option<Instant> {
        self.lock().idle.as_deref().map(Idle::deadline)
    }

    /// Wakes the receiver, which will find that the peer is idle; if none waits, the time starts anew.
    pub(super) fn report_idle(&self, now: Instant) {
        let mut state = self.lock();
        // Of a peer that does not read nothing is read either: what it sent is still to come.
        let waits = state.waits && !self.outbox.is_full();
        if let Some(idle) = &mut state.idle {
            idle.report(now, waits);
        }
        state.wake_receiver();
    }
}

impl<IO: AsyncRead + AsyncWrite + Unpin> State<IO> {
    /// Reads ahead of the endpoint what there is room for, so that pings are answered and a close is noticed while
    /// it does something else.
    pub(super) fn read_ahead(&mut self, outbox: &Outbox, cx: &mut Context<'_>) {
        let starved = mem::take(&mut self.starved);
        let mut delivered = false;
        while self.reading == Reading::Open && !starved && !self.ahead.is_full() && !outbox.is_full() {
            let Poll::Ready(Some(item)) = self.poll_read(outbox, cx) else { break };
            self.ahead.push(item);
            delivered = true;
        }
        self.engine.settle();
        if delivered || self.reading != Reading::Open {
            self.wake_receiver();
        }
    }

    /// Reads what still comes after our Close frame, and throws it away, until the peer's comes.
    pub(super) fn poll_discard(&mut self, outbox: &Outbox, cx: &mut Context<'_>) -> Poll<()> {
        // As in `poll_recv`.
        if !self.ahead.is_empty()
            && self.reading != Reading::Over
            && matches!(outbox.closed(), Some(Closed::Local(_)))
        {
            self.ahead = ReadAhead::default();
        }
        self.wake_receiver();
        while self.reading == Reading::Open {
            if outbox.is_full() || self.poll_read(outbox, cx).is_pending() {
                return Poll::Pending;
            }
        }
        Poll::Ready(())
    }

    /// Whether bytes came in since this was last asked.
    pub(super) fn take_seen(&mut self) -> bool {
        self.engine.take_seen()
    }

    /// Reads one message; `None` once there will be no more.
    fn poll_read(&mut self, outbox: &Outbox, cx: &mut Context<'_>) -> Poll<Option<Item>> {
        let Some(io) = self.socket.io() else {
            self.reading = Reading::Lost;
            return Poll::Ready(None);
        };
        match ready!(self.engine.poll_read(io, outbox, cx)) {
            Received::Message(message) => return Poll::Ready(Some(self.item(message))),
            Received::Close(peer) => {
                self.reading = Reading::Closed;
                outbox.close_by_peer(peer);
            }
            Received::Violation(close) => {
                self.reading = Reading::Over;
                // If we closed already, that close stands.
                let _ = outbox.close(close);
            }
            Received::End => {
                self.reading = Reading::Over;
                outbox.lose();
            }
            Received::Lost => self.lose(outbox),
        }
        Poll::Ready(None)
    }

    fn poll_recv(&mut self, outbox: &Outbox, cx: &mut Context<'_>) -> Poll<Result<Message, SocketError>> {
        let status = outbox.status(cx.waker());
        // What came before a violation is still the endpoint's.
        if let Status::Closed(closed) = &status
            && self.reading != Reading::Over
        {
            return Poll::Ready(Err(SocketError::Closed(closed.clone())));
        }
        if let Some(item) = self.pop() {
            return Poll::Ready(item.into_result());
        }
        // The transport must wake the driver, whatever task or combinator this is called from: the caller may stop
        // waiting, and pings still want their answer.
        if let (Reading::Open, Status::Open) = (self.reading, &status)
            && let Some(driver) = self.driver.take()
        {
            let read = self.poll_read(outbox, &mut Context::from_waker(&driver));
            self.starved = read.is_pending() && driver.will_wake(cx.waker());
            self.driver = Some(driver);
            if let Poll::Ready(Some(item)) = read {
                return Poll::Ready(item.into_result());
            }
        }
        if self.reading != Reading::Open {
            let closed = outbox.closed().unwrap_or(Closed::Lost);
            return Poll::Ready(Err(SocketError::Closed(closed)));
        }
        if !matches!(status, Status::Full) && self.idle.as_deref_mut().is_some_and(Idle::take_due) {
            return Poll::Ready(Err(SocketError::Idle(crate::IdleTimeout)));
        }
        if !self.receiver.as_ref().is_some_and(|known| known.will_wake(cx.waker())) {
            self.receiver = Some(cx.waker().clone());
        }
        Poll::Pending
    }

    fn item(&mut self, message: Message) -> Item {
        observe::received(message.len());
        if let Some(idle) = &mut self.idle {
            idle.heard();
        }
        #[cfg(feature = "rate-limit")]
        if self.limiter.as_ref().is_some_and(|limiter| !limiter.allows()) {
            return Item::RateLimited;
        }
        Item::Message(message)
    }

    pub(super) fn lose(&mut self, outbox: &Outbox) {
        self.reading = Reading::Lost;
        self.socket.release();
        outbox.lose();
        self.wake_receiver();
    }

    fn pop(&mut self) -> Option<Item> {
        let was_full = self.ahead.is_full();
        let item = self.ahead.pop()?;
        if was_full && let Some(driver) = &self.driver {
            driver.wake_by_ref();
        }
        Some(item)
    }

    fn wake_receiver(&mut self) {
        if let Some(receiver) = self.receiver.take() {
            receiver.wake();
        }
    }
}

impl<IO: AsyncRead + AsyncWrite + Unpin + Send> Receive for Inbox<IO> {
    fn poll_recv(&self, cx: &mut Context<'_>) -> Poll<Result<Message, SocketError>> {
        let mut state = self.lock();
        let received = state.poll_recv(&self.outbox, cx);
        state.waits = received.is_pending();
        received
    }

    fn stop_waiting(&self) {
        self.lock().waits = false;
    }
}
