//! [`Inbox`]: what was read from the socket ahead of the endpoint, and whether more may come.

use std::{
    future::{Future as _, poll_fn},
    mem,
    pin::pin,
    sync::{Arc, PoisonError, atomic::Ordering},
    task::{Context, Poll, Waker, ready},
};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    task::coop::unconstrained,
    time::Instant,
};

#[cfg(feature = "rate-limit")]
use super::rate_limit::Limiter;
use super::{
    fill::poll_fill,
    idle::Idle,
    item::Item,
    read_ahead::{ReadAhead, Size as _},
};
use crate::{
    Closed, Message, PeerClose,
    connection::{
        ConnectionError, Outbox,
        socket::Socket,
        sync::{AtomicBool, Mutex, MutexGuard},
        woken::Woken,
        write::Progress,
    },
    protocol::{Incoming, Reader, Role},
};

/// How many control frames, fragments and reads are processed in a row before other tasks get a turn.
const STEPS_PER_POLL: usize = 64;

/// The part of the inbox that a handle needs, independent of the transport.
pub(crate) trait Receive: Send + Sync {
    /// Takes the next message. No message is lost if the caller stops waiting.
    fn poll_recv(&self, cx: &mut Context<'_>) -> Poll<Result<Message, ConnectionError>>;

    /// Says that the caller no longer waits in `poll_recv`.
    fn stop_waiting(&self);
}

/// The inbox of a connection, as the handles see it.
pub(crate) type Attached = Arc<dyn Receive>;

/// The reading half of a connection, together with its transport.
pub(crate) struct Inbox<IO> {
    pub(in crate::connection) outbox: Outbox,
    state: Mutex<State<IO>>,
    /// Whether somebody waits in `poll_recv`. It is kept apart from the state so that it can be cleared without a
    /// lock.
    waits: AtomicBool,
}

pub(in crate::connection) struct State<IO> {
    pub(in crate::connection) socket: Socket<IO>,
    reader: Reader,
    ahead: ReadAhead<Item>,
    /// What the endpoint has received since the driver was last polled.
    turn: Turn,
    /// Whether the endpoint has found nothing more to read since the driver was last polled.
    would_block: bool,
    signs: Signs,
    /// The task that last waited in `poll_recv`.
    receiver: Option<Waker>,
    driver: Option<Waker>,
    /// Whether the receiver has to be woken once the lock is released.
    wakes_receiver: bool,
    /// Whether the driver has to be woken once the lock is released.
    wakes_driver: bool,
    pub(in crate::connection) reading: Reading,
    /// The peer's Close frame, while the endpoint still gets room to reply to the messages that came before it.
    answer_due: Option<Box<AnswerDue>>,
    idle: Option<Box<Idle>>,
    #[cfg(feature = "rate-limit")]
    limiter: Option<Box<Limiter>>,
}

/// The signs of the peer's life since they were last taken.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::connection) struct Signs {
    /// Whether bytes arrived.
    pub(in crate::connection) seen: bool,
    /// Whether a pong was among them.
    pub(in crate::connection) ponged: bool,
    /// How much the transport took.
    pub(in crate::connection) written: Progress,
}

/// How much the endpoint has received in a row. Other tasks get a turn before it receives more, even if the peer has
/// sent a lot at once.
#[derive(Debug, Default)]
struct Turn {
    messages: u32,
    bytes: u32,
}

/// The most messages and bytes of a turn. With these values the echo of another connection takes at most 2 × as long
/// as beside axum's (`fairness` in docs/benchmarks.md).
const TURN: Turn = Turn { messages: 32, bytes: 128 * 1024 };

impl Turn {
    fn is_over(&self) -> bool {
        self.messages >= TURN.messages || self.bytes >= TURN.bytes
    }

    fn took(&mut self, item: &Item) {
        self.messages += 1;
        self.bytes = self.bytes.saturating_add(u32::try_from(item.size()).unwrap_or(u32::MAX));
    }
}

/// A Close frame of the peer that arrived while there was no room for what the endpoint sends.
///
/// Answering it at once would lose what the endpoint is about to send. It is therefore answered when the endpoint has
/// received everything that came before it, when the endpoint goes on sending without receiving anything, or when the
/// close timeout has passed.
struct AnswerDue {
    peer: Option<PeerClose>,
    until: Instant,
    /// How often everything that was sent has been written since the endpoint last received something.
    flushes: u8,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::connection) enum Reading {
    /// More messages may come.
    Open,
    /// The peer's Close frame has arrived, and nothing follows it.
    Closed,
    /// The peer broke the protocol, or ended without a Close frame. The rest of its data is not read.
    Over,
    /// The transport is gone, so nothing can be written either.
    Lost,
}

/// Connects a transport with an outbox. `bare` is `true` if the transport ends without a message of its own, unlike
/// TLS. `head` is what was already read from it.
pub(crate) fn attach<IO: AsyncRead + AsyncWrite + Unpin>(
    io: IO,
    bare: bool,
    head: Vec<u8>,
    outbox: Outbox,
) -> Arc<Inbox<IO>> {
    let limits = outbox.limits();
    let state = State {
        socket: Socket::new(io, bare),
        reader: Reader::new(Role::Server, head).with_inflater(outbox.take_inflater()),
        ahead: ReadAhead::default(),
        turn: Turn::default(),
        would_block: false,
        signs: Signs::default(),
        receiver: None,
        driver: None,
        wakes_receiver: false,
        wakes_driver: false,
        reading: Reading::Open,
        answer_due: None,
        idle: limits.idle_timeout.map(|timeout| Box::new(Idle::new(timeout))),
        #[cfg(feature = "rate-limit")]
        limiter: limits.rate_limit.and_then(Limiter::new).map(Box::new),
    };
    Arc::new(Inbox { outbox, state: Mutex::new(state), waits: AtomicBool::new(false) })
}

impl<IO: AsyncRead + AsyncWrite + Unpin> Inbox<IO> {
    fn lock(&self) -> MutexGuard<'_, State<IO>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs a function on the state, and then wakes the tasks that it wants woken.
    pub(in crate::connection) fn with<T>(&self, f: impl FnOnce(&mut State<IO>) -> T) -> T {
        let mut state = self.lock();
        let output = f(&mut state);
        let woken = state.take_woken();
        drop(state);
        woken.wake();
        output
    }

    /// Sets the task that is woken by the transport and by senders.
    pub(in crate::connection) fn set_driver(&self, driver: &Waker) {
        self.outbox.set_driver(driver);
        self.lock().driver = Some(driver.clone());
    }

    /// Returns when the peer will have been idle for too long, and when its Close frame is answered at the latest.
    pub(in crate::connection) fn deadlines(&self) -> (Option<Instant>, Option<Instant>) {
        let state = self.lock();
        (state.idle.as_deref().map(Idle::deadline), state.answer_deadline())
    }

    /// Wakes the receiver, which will find that the peer is idle. If no receiver waits, the timeout restarts.
    pub(in crate::connection) fn report_idle(&self, now: Instant) {
        let waits = self.waits.load(Ordering::Relaxed);
        self.with(|state| {
            if let Some(idle) = &mut state.idle {
                idle.report(now, waits);
            }
            state.wake_receiver();
        });
    }
}

impl<IO: AsyncRead + AsyncWrite + Unpin> State<IO> {
    /// Reads ahead of the endpoint while there is room, so that pings are answered and a close is noticed while the
    /// endpoint does something else.
    ///
    /// Reading does not depend on the data that waits to be written, as a peer has to be heard even if the endpoint
    /// always has something to send. The amount read is bounded, so it does not depend on the remaining budget of the
    /// task either.
    pub(in crate::connection) fn read_ahead(&mut self, outbox: &Outbox, cx: &mut Context<'_>) {
        self.turn = Turn::default();
        let would_block = mem::take(&mut self.would_block);
        let mut delivered = false;
        while self.reading == Reading::Open && !would_block && !self.ahead.is_full() {
            let read = pin!(unconstrained(poll_fn(|cx| self.poll_read(outbox, cx)))).poll(cx);
            let Poll::Ready(Some(item)) = read else { break };
            self.ahead.push(item);
            delivered = true;
        }
        self.reader.settle();
        if delivered || self.reading != Reading::Open {
            self.wake_receiver();
        }
    }

    /// Reads and discards what the peer sends after our Close frame, until its own Close frame arrives.
    pub(in crate::connection) fn poll_discard(&mut self, outbox: &Outbox, cx: &mut Context<'_>) -> Poll<()> {
        // The condition is the same as in `poll_recv`.
        if !self.ahead.is_empty()
            && self.reading != Reading::Over
            && matches!(outbox.closed(), Some(Closed::Local(_)))
        {
            self.ahead = ReadAhead::default();
        }
        self.wake_receiver();
        while self.reading == Reading::Open {
            ready!(self.poll_read(outbox, cx));
        }
        Poll::Ready(())
    }

    /// Returns the signs of the peer's life since they were last taken.
    pub(in crate::connection) fn take_signs(&mut self) -> Signs {
        Signs { written: self.socket.take_progress(), ..mem::take(&mut self.signs) }
    }

    /// Returns the signs of life, whether the transport takes nothing, and whether the peer's data is left unread for
    /// now because the endpoint does not keep up.
    pub(in crate::connection) fn signs(&mut self, outbox: &Outbox) -> (Signs, bool, bool) {
        let is_paused = self.ahead.is_full() || outbox.holds_pong();
        (self.take_signs(), self.socket.is_blocked(), is_paused)
    }

    /// Reads one message. It yields `None` once there will be no more.
    fn poll_read(&mut self, outbox: &Outbox, cx: &mut Context<'_>) -> Poll<Option<Item>> {
        for _ in 0..STEPS_PER_POLL {
            if outbox.holds_pong() {
                return Poll::Pending;
            }
            match self.reader.next(outbox.limits().sizes()) {
                Ok(Some(Incoming::Message(message))) => return Poll::Ready(Some(self.item(message, outbox))),
                Ok(Some(Incoming::Ping(payload))) => outbox.pong(&payload),
                Ok(Some(Incoming::Pong(_))) => self.signs.ponged = true,
                Ok(Some(Incoming::Close(peer))) => self.close_by_peer(peer, outbox),
                Ok(None) => {
                    if let Some(idle) = &mut self.idle {
                        idle.waits_for_rest(self.reader.unfinished());
                    }
                    ready!(self.poll_fill(outbox, cx));
                }
                Err(violation) => {
                    self.reading = Reading::Over;
                    // If we have closed already, that close stands.
                    let _ = outbox.close(violation.close());
                }
            }
            if self.reading != Reading::Open {
                return Poll::Ready(None);
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn close_by_peer(&mut self, peer: Option<PeerClose>, outbox: &Outbox) {
        self.reading = Reading::Closed;
        if outbox.is_full() && !outbox.is_closed() {
            let until = Instant::now() + outbox.limits().close_timeout;
            self.answer_due = Some(Box::new(AnswerDue { peer, until, flushes: 0 }));
        } else {
            outbox.close_by_peer(peer);
        }
    }

    /// Returns the time by which the peer's Close frame has to be answered.
    pub(in crate::connection) fn answer_deadline(&self) -> Option<Instant> {
        self.answer_due.as_deref().map(|due| due.until)
    }

    /// Answers the peer's Close frame, if an answer is still due.
    pub(in crate::connection) fn answer(&mut self, outbox: &Outbox) {
        if let Some(due) = self.answer_due.take() {
            outbox.close_by_peer(due.peer);
            self.wake_receiver();
        }
    }

    /// Records that everything that was sent has been written.
    pub(in crate::connection) fn flushed(&mut self, outbox: &Outbox, cx: &mut Context<'_>) {
        if let Some(due) = &mut self.answer_due {
            due.flushes += 1;
            if due.flushes > 1 {
                self.answer(outbox);
            } else {
                // The endpoint has room now. The driver checks again after it has polled the endpoint.
                cx.waker().wake_by_ref();
            }
        }
    }

    /// Reads more bytes, or finds that no more will come.
    fn poll_fill(&mut self, outbox: &Outbox, cx: &mut Context<'_>) -> Poll<()> {
        let Some(io) = self.socket.io() else {
            self.reading = Reading::Lost;
            return Poll::Ready(());
        };
        match ready!(poll_fill(io, &mut self.reader, cx)) {
            Ok(0) => {
                // The peer ended without a Close frame, but may still read.
                self.reading = Reading::Over;
                outbox.lose();
            }
            Ok(_) => self.signs.seen = true,
            Err(_) => self.lose(outbox),
        }
        Poll::Ready(())
    }

    fn poll_recv(&mut self, outbox: &Outbox, cx: &mut Context<'_>) -> Poll<Result<Message, ConnectionError>> {
        // The endpoint still receives the messages that came before a violation.
        if self.reading != Reading::Over {
            if let Some(closed) = outbox.closed_locally() {
                return Poll::Ready(Err(ConnectionError::Closed(closed)));
            }
        }
        if self.turn.is_over() {
            self.turn = Turn::default();
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        if let Some(item) = self.pop() {
            self.turn.took(&item);
            return Poll::Ready(item.into_result());
        }
        // The transport must wake the driver, no matter which task or combinator calls this function: the caller may
        // stop waiting, and pings still have to be answered.
        if let Some(driver) = self.driver.take_if(|_| self.reading == Reading::Open) {
            let read = self.poll_read(outbox, &mut Context::from_waker(&driver));
            self.would_block = read.is_pending() && driver.will_wake(cx.waker());
            self.driver = Some(driver);
            if let Poll::Ready(Some(item)) = read {
                self.turn.took(&item);
                return Poll::Ready(item.into_result());
            }
        }
        if self.reading != Reading::Open {
            self.answer(outbox);
            let closed = outbox.closed().unwrap_or(Closed::Lost);
            return Poll::Ready(Err(ConnectionError::Closed(closed)));
        }
        if self.idle.as_deref_mut().is_some_and(Idle::take_due) {
            return Poll::Ready(Err(ConnectionError::Idle));
        }
        if !self.receiver.as_ref().is_some_and(|known| known.will_wake(cx.waker())) {
            self.receiver = Some(cx.waker().clone());
        }
        Poll::Pending
    }

    fn item(&mut self, message: Message, outbox: &Outbox) -> Item {
        outbox.received(message.len());
        if let Some(idle) = &mut self.idle {
            idle.heard();
        }
        #[cfg(feature = "rate-limit")]
        if self.limiter.as_ref().is_some_and(|limiter| !limiter.allows()) {
            outbox.limits().endpoint.rate_limited();
            return Item::RateLimited;
        }
        Item::Message(message)
    }

    pub(in crate::connection) fn lose(&mut self, outbox: &Outbox) {
        self.reading = Reading::Lost;
        self.socket.release();
        outbox.lose();
        outbox.discard();
        self.wake_receiver();
    }

    fn pop(&mut self) -> Option<Item> {
        let was_full = self.ahead.is_full();
        let item = self.ahead.pop()?;
        if let Some(due) = &mut self.answer_due {
            due.flushes = 0;
        }
        self.wakes_driver |= was_full;
        Some(item)
    }

    fn wake_receiver(&mut self) {
        self.wakes_receiver = true;
    }

    /// Takes the tasks that have to be woken.
    fn take_woken(&mut self) -> Woken {
        let receiver = if mem::take(&mut self.wakes_receiver) { self.receiver.take() } else { None };
        let driver = if mem::take(&mut self.wakes_driver) { self.driver.clone() } else { None };
        Woken { receiver, driver }
    }
}

impl<IO: AsyncRead + AsyncWrite + Unpin + Send> Receive for Inbox<IO> {
    fn poll_recv(&self, cx: &mut Context<'_>) -> Poll<Result<Message, ConnectionError>> {
        self.with(|state| {
            let received = state.poll_recv(&self.outbox, cx);
            self.waits.store(received.is_pending(), Ordering::Relaxed);
            received
        })
    }

    fn stop_waiting(&self) {
        self.waits.store(false, Ordering::Relaxed);
    }
}
