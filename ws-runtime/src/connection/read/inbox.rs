//! [`Inbox`]: what was read from the socket ahead of the endpoint, and whether there is more to come.

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
    observe,
    protocol::{Incoming, Reader, Role},
};

/// How many control frames, fragments and reads may follow one another before other tasks get a turn.
const STEPS_PER_POLL: usize = 64;

/// What a handle needs of the inbox, whatever the transport.
pub(crate) trait Receive: Send + Sync {
    /// Takes the next message. Nothing is lost if the caller stops waiting.
    fn poll_recv(&self, cx: &mut Context<'_>) -> Poll<Result<Message, ConnectionError>>;

    /// Says that nobody waits in `poll_recv` any more.
    fn stop_waiting(&self);
}

/// The inbox of a connection, as handles see it.
pub(crate) type Attached = Arc<dyn Receive>;

/// The reading half of a connection, and its transport.
pub(crate) struct Inbox<IO> {
    pub(in crate::connection) outbox: Outbox,
    state: Mutex<State<IO>>,
    /// Somebody waits in `poll_recv`. Apart from the state, so that whoever stops needs no lock.
    waits: AtomicBool,
}

pub(in crate::connection) struct State<IO> {
    pub(in crate::connection) socket: Socket<IO>,
    reader: Reader,
    ahead: ReadAhead<Item>,
    /// What the endpoint was given since the driver was last polled.
    turn: Turn,
    /// Since the driver was last polled its endpoint has found nothing more to read.
    would_block: bool,
    signs: Signs,
    /// The task that was last in `poll_recv`.
    receiver: Option<Waker>,
    driver: Option<Waker>,
    /// The receiver is to be woken, once the lock is given back.
    wakes_receiver: bool,
    /// So is the driver.
    wakes_driver: bool,
    pub(in crate::connection) reading: Reading,
    /// The peer's Close frame, while the endpoint is still given room for what it sends in return for what came before.
    answer_due: Option<Box<AnswerDue>>,
    idle: Option<Box<Idle>>,
    #[cfg(feature = "rate-limit")]
    limiter: Option<Box<Limiter>>,
}

/// Signs of the peer's life since they were last asked for.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::connection) struct Signs {
    /// Bytes came in.
    pub(in crate::connection) seen: bool,
    /// A pong was among them.
    pub(in crate::connection) ponged: bool,
    /// What the transport took.
    pub(in crate::connection) written: Progress,
}

/// How much the endpoint was given in a row. Other tasks get their turn before it is given more, however much a peer has
/// sent at once.
#[derive(Debug, Default)]
struct Turn {
    messages: u32,
    bytes: u32,
}

/// The most messages and bytes of a turn: with them the echo of a bystander takes 2 × as long as beside axum's, or less
/// (`fairness` in docs/benchmarks.md).
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

/// A Close frame of the peer's that came while there was no room for what the endpoint sends.
///
/// To answer it at once would lose what the endpoint is about to send. So it is answered when the endpoint has received all
/// that came before, or goes on sending without receiving anything, or the time to close is over.
struct AnswerDue {
    peer: Option<PeerClose>,
    until: Instant,
    /// How often all that was sent was written, since the endpoint last received something.
    flushes: u8,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::connection) enum Reading {
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

    /// Does something with the state, and wakes those who are to be woken for it.
    pub(in crate::connection) fn with<T>(&self, f: impl FnOnce(&mut State<IO>) -> T) -> T {
        let mut state = self.lock();
        let output = f(&mut state);
        let woken = state.take_woken();
        drop(state);
        woken.wake();
        output
    }

    /// Says which task is to be woken by the transport, and by whoever sends.
    pub(in crate::connection) fn set_driver(&self, driver: &Waker) {
        self.outbox.set_driver(driver);
        self.lock().driver = Some(driver.clone());
    }

    /// When the peer has been idle for too long, and when its Close frame is answered at the latest.
    pub(in crate::connection) fn deadlines(&self) -> (Option<Instant>, Option<Instant>) {
        let state = self.lock();
        (state.idle.as_deref().map(Idle::deadline), state.answer_deadline())
    }

    /// Wakes the receiver, which will find that the peer is idle; if none waits, the time starts anew.
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
    /// Reads ahead of the endpoint what there is room for, so that pings are answered and a close is noticed while
    /// it does something else.
    ///
    /// That does not depend on what waits to be written: a peer whose endpoint always has something to send is still to be
    /// heard. What is read is bounded, so it does not depend either on how much of its turn the task has used up.
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

    /// Reads what still comes after our Close frame, and throws it away, until the peer's comes.
    pub(in crate::connection) fn poll_discard(&mut self, outbox: &Outbox, cx: &mut Context<'_>) -> Poll<()> {
        // As in `poll_recv`.
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

    /// What has shown since this was last asked that the peer lives.
    pub(in crate::connection) fn take_signs(&mut self) -> Signs {
        Signs { written: self.socket.take_progress(), ..mem::take(&mut self.signs) }
    }

    /// The signs of life, whether the transport takes nothing, and whether what the peer sends is left unread for now, as the
    /// endpoint does not keep up.
    pub(in crate::connection) fn signs(&mut self, outbox: &Outbox) -> (Signs, bool, bool) {
        let is_paused = self.ahead.is_full() || outbox.holds_pong();
        (self.take_signs(), self.socket.is_blocked(), is_paused)
    }

    /// Reads one message; `None` once there will be no more.
    fn poll_read(&mut self, outbox: &Outbox, cx: &mut Context<'_>) -> Poll<Option<Item>> {
        for _ in 0..STEPS_PER_POLL {
            if outbox.holds_pong() {
                return Poll::Pending;
            }
            match self.reader.next(outbox.limits().sizes()) {
                Ok(Some(Incoming::Message(message))) => return Poll::Ready(Some(self.item(message))),
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
                    // If we closed already, that close stands.
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

    /// When the peer's Close frame is answered at the latest.
    pub(in crate::connection) fn answer_deadline(&self) -> Option<Instant> {
        self.answer_due.as_deref().map(|due| due.until)
    }

    /// Answers the peer's Close frame, if that is still to be done.
    pub(in crate::connection) fn answer(&mut self, outbox: &Outbox) {
        if let Some(due) = self.answer_due.take() {
            outbox.close_by_peer(due.peer);
            self.wake_receiver();
        }
    }

    /// Everything that was sent is written.
    pub(in crate::connection) fn flushed(&mut self, outbox: &Outbox, cx: &mut Context<'_>) {
        if let Some(due) = &mut self.answer_due {
            due.flushes += 1;
            if due.flushes > 1 {
                self.answer(outbox);
            } else {
                // The endpoint has room now, and this is looked at again after it was polled.
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
                // The peer ended without a Close frame. It may still read.
                self.reading = Reading::Over;
                outbox.lose();
            }
            Ok(_) => self.signs.seen = true,
            Err(_) => self.lose(outbox),
        }
        Poll::Ready(())
    }

    fn poll_recv(&mut self, outbox: &Outbox, cx: &mut Context<'_>) -> Poll<Result<Message, ConnectionError>> {
        // What came before a violation is still the endpoint's.
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
        // The transport must wake the driver, whatever task or combinator this is called from: the caller may stop
        // waiting, and pings still want their answer.
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

    /// Those who are to be woken.
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
