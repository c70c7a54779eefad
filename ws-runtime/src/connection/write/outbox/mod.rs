//! [`Outbox`]: the data that waits to be written, and whether the connection is closed.

mod closing;
mod expiry;
mod lag;
#[cfg(all(test, ws_loom))]
mod model;
mod parties;
mod rtt;
mod sending;
mod shutdown;
mod waiting;

use std::{
    fmt,
    num::NonZeroU64,
    sync::{Arc, PoisonError, atomic::Ordering},
    task::Waker,
};

use tokio::{sync::Notify, time::Instant};

use crate::{
    Closed,
    connection::{
        ConnectionError,
        limits::Limits,
        sync::{AtomicBool, AtomicU8, Mutex, MutexGuard},
    },
    observe::{Meters, Queued},
    protocol::{Deflater, Inflater, Outgoing, Role, Wire},
};
use expiry::Expiry;
use lag::Lag;
pub(crate) use lag::Patience;
use parties::Parties;
pub(crate) use parties::Party;
pub(crate) use waiting::Capacity;
use waiting::Waiting;

/// Messages as bytes for the wire, in the order in which they were sent, and how the connection was closed.
///
/// A handle can send while the driver is in a system call, as the lock is only held to append or to swap.
#[derive(Clone)]
pub(crate) struct Outbox(Arc<Shared>);

struct Shared {
    limits: Arc<Limits>,
    state: Mutex<State>,
    /// The parts of the state that are needed for every message, as bits of [`flag`], so that they can be read
    /// without the lock.
    flags: AtomicU8,
    meters: Meters,
    /// Whether the endpoint has accepted the connection.
    accepted: AtomicBool,
    rtt: rtt::Rtt,
    /// Notified when the connection is closed, and when the server shuts down.
    end: Notify,
}

/// The bits of `Shared::flags`. They are set and cleared under the lock, except `QUIET`, which the driver sets
/// without it.
mod flag {
    /// So much is waiting to be written that there is no more room.
    pub(super) const FULL: u8 = 1;
    /// The connection is closed, by either side.
    pub(super) const CLOSED: u8 = 2;
    /// The driver will take what waits to be written without being woken.
    pub(super) const QUIET: u8 = 4;
    /// The driver has to stop.
    pub(super) const ABANDONED: u8 = 8;
    /// The answer to a ping is waiting for room.
    pub(super) const PONG: u8 = 16;
    /// The connection may no longer take part in anything.
    pub(super) const EXPELLED: u8 = 32;
    /// The expiry was set, and the driver has not set its timer to it yet.
    pub(super) const RENEWED: u8 = 64;
}

struct State {
    wire: Wire,
    /// How much of what the driver took has not been taken by the transport yet, in bytes.
    writing: usize,
    /// Set while more than the send buffer holds is waiting for the peer.
    lag: Option<Box<Lag>>,
    deflater: Option<Box<Deflater>>,
    inflater: Option<Box<Inflater>>,
    /// The task of the connection, once its handshake has been answered.
    driver: Option<Waker>,
    /// Created when somebody has to wait for room.
    waiting: Option<Box<Waiting>>,
    /// The number of places in `waiting` that were given out.
    places: NonZeroU64,
    closed: Option<Box<Closed>>,
    /// Set if the session of the connection ends at some time.
    expiry: Option<Box<Expiry>>,
    shutdown: Shutdown,
    /// Created when the connection takes part in something.
    parties: Option<Box<Parties>>,
    queued: Queued,
}

/// What the connection and its endpoint know about the shutdown of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shutdown {
    /// The server is not shutting down yet. The endpoint may wait for the shutdown, to say goodbye by itself.
    No {
        /// How many tasks are waiting.
        waiting: u32,
        /// When a task last stopped waiting.
        last: Option<Instant>,
    },
    Begun {
        /// Whether the endpoint was waiting for the shutdown.
        graceful: bool,
    },
}

impl Outbox {
    pub(crate) fn new(limits: Arc<Limits>) -> Self {
        let state = State {
            wire: Wire::new(Role::Server),
            writing: 0,
            lag: None,
            deflater: None,
            inflater: None,
            driver: None,
            waiting: None,
            places: NonZeroU64::MIN,
            closed: None,
            expiry: None,
            shutdown: Shutdown::No { waiting: 0, last: None },
            parties: None,
            queued: Queued::default(),
        };
        let (state, flags) = (Mutex::new(state), AtomicU8::new(flag::QUIET));
        let accepted = AtomicBool::new(false);
        Self(Arc::new(Shared {
            limits,
            state,
            flags,
            meters: Meters::default(),
            accepted,
            rtt: rtt::Rtt::default(),
            end: Notify::new(),
        }))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn has(&self, flags: u8) -> bool {
        self.0.flags.load(Ordering::Acquire) & flags != 0
    }

    /// Sets a flag. Returns the flags that were set before.
    fn set(&self, flag: u8) -> u8 {
        self.0.flags.fetch_or(flag, Ordering::AcqRel)
    }

    /// Compresses what is sent from now on, and keeps the inflater for received messages until the transport is
    /// there.
    pub(crate) fn deflate(&self, deflater: Deflater, inflater: Inflater) {
        let mut state = self.lock();
        state.deflater = Some(Box::new(deflater));
        state.inflater = Some(Box::new(inflater));
    }

    pub(in crate::connection) fn take_inflater(&self) -> Option<Box<Inflater>> {
        self.lock().inflater.take()
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// Counts a message that the peer sent.
    pub(in crate::connection) fn received(&self, bytes: usize) {
        self.0.meters.received(&self.0.limits.endpoint, bytes);
    }

    /// Counts a message that is sent to the peer.
    fn sent(&self, bytes: usize) {
        self.0.meters.sent(&self.0.limits.endpoint, bytes);
    }

    /// Updates the metric of how much waits to be written.
    fn weigh(&self, state: &mut State) {
        let bytes = state.wire.len();
        state.queued.set(&self.0.limits.endpoint, bytes);
    }

    pub(crate) fn accept(&self) {
        self.0.accepted.store(true, Ordering::Release);
    }

    pub(crate) fn is_accepted(&self) -> bool {
        self.0.accepted.load(Ordering::Acquire)
    }
}

/// The methods for the driver and the inbox.
impl Outbox {
    /// Returns `true` if so much waits to be written that nothing more may be sent.
    pub(in crate::connection) fn is_full(&self) -> bool {
        self.has(flag::FULL)
    }

    /// Returns `true` if the answer to a ping waits for room. Nothing is read until the peer has taken data, so a
    /// peer that sends pings and does not read costs no memory.
    pub(in crate::connection) fn holds_pong(&self) -> bool {
        self.has(flag::PONG)
    }

    /// Returns how the connection was closed, if our side closed it.
    pub(in crate::connection) fn closed_locally(&self) -> Option<Closed> {
        // Every message takes this path, so it needs no lock.
        if !self.has(flag::CLOSED) {
            return None;
        }
        self.closed().filter(|closed| matches!(closed, Closed::Local(_)))
    }

    /// Sets the task that senders wake.
    pub(in crate::connection) fn set_driver(&self, driver: &Waker) {
        let known = &mut self.lock().driver;
        if !known.as_ref().is_some_and(|known| known.will_wake(driver)) {
            *known = Some(driver.clone());
        }
    }

    /// Notes that the driver is running and will take what is sent from now on without being woken. Returns `true` if
    /// it should go on, and `false` after [`abandon`](Self::abandon).
    pub(in crate::connection) fn resume(&self) -> bool {
        self.set(flag::QUIET) & flag::ABANDONED == 0
    }

    /// Says that it may take a while until the waiting data is taken, as the peer does not read. `left` is how much
    /// of what was taken before has not been written yet, in bytes.
    pub(in crate::connection) fn settle(&self, left: usize) {
        let mut state = self.lock();
        state.wire.settle();
        state.set_writing(left, 0);
        state.queued.leave(left);
        self.weigh(&mut state);
    }

    /// Discards what was sent, as the transport is gone and handles may outlive it for long.
    pub(in crate::connection) fn discard(&self) {
        let mut state = self.lock();
        let wire = state.wire.take();
        let compression = (state.deflater.take(), state.inflater.take());
        state.writing = 0;
        state.queued.leave(0);
        self.weigh(&mut state);
        drop(state);
        drop((wire, compression));
    }

    /// Takes what was sent. Senders wake the driver from now on. Both happen under one lock, as a wake-up would be
    /// lost otherwise.
    pub(in crate::connection) fn take(&self) -> Outgoing {
        let mut state = self.lock();
        // No other thread can change the flags now: only the driver sets one without the lock, and it is the caller.
        let flags = self.0.flags.load(Ordering::Relaxed);
        self.0.flags.store(flags & !(flag::QUIET | flag::FULL | flag::PONG), Ordering::Release);
        let wire = state.wire.take();
        state.set_writing(0, wire.len());
        // The transport usually takes all of it at once.
        state.queued.leave(0);
        self.weigh(&mut state);
        if flags & flag::FULL != 0 {
            let next = state.next_for_room();
            drop(state);
            next.wake();
        }
        wire
    }
}

impl State {
    fn check_open(&self) -> Result<(), ConnectionError> {
        match &self.closed {
            Some(closed) => Err(ConnectionError::Closed(Closed::clone(closed))),
            None => Ok(()),
        }
    }

    /// Returns how much is waiting for the peer, in bytes.
    fn backlog(&self) -> usize {
        self.wire.len() + self.writing
    }

    /// Records that the transport took everything that the driver had except `left` bytes, and that the driver took
    /// `more`.
    fn set_writing(&mut self, left: usize, more: usize) {
        if let Some(lag) = &mut self.lag {
            lag.took(self.writing.saturating_sub(left));
        }
        self.writing = left + more;
    }

    /// Returns `true` if one more message may be broadcast to the peer.
    fn keeps_up(&mut self, buffer: usize, patience: Patience) -> bool {
        let backlog = self.backlog();
        if backlog < buffer {
            self.lag = None;
            return true;
        }
        let now = Instant::now();
        let lag = self.lag.get_or_insert_with(|| Box::new(Lag::begin(now)));
        !lag.is_too_long(now, buffer, patience.time) && backlog < patience.bytes
    }

    fn waiting(&mut self) -> &mut Waiting {
        self.waiting.get_or_insert_default()
    }
}

impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.lock();
        f.debug_struct("Outbox")
            .field("waiting_bytes", &state.backlog())
            .field("closed", &state.closed)
            .finish_non_exhaustive()
    }
}
