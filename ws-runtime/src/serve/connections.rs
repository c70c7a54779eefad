//! [`Connections`]: all open connections, so that they can be counted, and closed when the server shuts down.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::Notify,
    time::{Instant, timeout_at},
};

use crate::{Close, connection::Outbox, handshake::HttpError, observe, peer::ClientKey};

/// The connections of a service, from their handshakes on.
#[derive(Default)]
pub(crate) struct Connections {
    state: Mutex<State>,
    /// Notified during a shutdown when a connection is over or ends.
    changed: Notify,
}

#[derive(Default)]
struct State {
    /// The open connections. They are numbered, so that no hash has to be computed for each that comes and goes.
    open: BTreeMap<u64, Outbox>,
    next: u64,
    /// The connections that are over while their endpoint still runs, in the order in which they ended. They do not
    /// count towards any limit.
    over: BTreeMap<u64, Over>,
    /// Those whose endpoint is being dropped, which takes until it yields.
    abandoned: BTreeSet<u64>,
    /// The number of open connections of each client that has any, if there is a limit for it.
    clients: HashMap<ClientKey, usize>,
    /// The number of HTTP connections on which a fallback may be answering.
    http: usize,
    ending: bool,
}

/// The limits on how many connections may be open at once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ConnectionLimits {
    pub(crate) total: usize,
    pub(crate) per_client: usize,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self { total: usize::MAX, per_client: usize::MAX }
    }
}

impl State {
    /// Removes a connection from those that count towards limits.
    fn close(&mut self, id: u64, client: Option<ClientKey>) -> Option<Outbox> {
        let outbox = self.open.remove(&id)?;
        if let Some(client) = client {
            if let Some(count) = self.clients.get_mut(&client) {
                *count -= 1;
                if *count == 0 {
                    self.clients.remove(&client);
                }
            }
        }
        Some(outbox)
    }

    fn is_empty(&self) -> bool {
        self.open.is_empty() && self.over.is_empty() && self.abandoned.is_empty() && self.http == 0
    }

    /// Returns the outboxes of all connections whose endpoint has not ended. They can be used without the lock.
    fn outboxes(&self) -> Vec<Outbox> {
        self.open.values().chain(self.over.values().map(|over| &over.outbox)).cloned().collect()
    }

    /// Takes those whose connection has been over for the grace period of a shutdown that began at `start`. Returns
    /// them, and when the next one will be due.
    fn take_late(&mut self, start: Instant, now: Instant, grace: Duration) -> (Vec<Outbox>, Option<Instant>) {
        let mut late = Vec::new();
        while let Some((&number, over)) = self.over.first_key_value() {
            let due = over.since.max(start) + grace;
            if due > now {
                return (late, Some(due));
            }
            late.extend(self.over.remove(&number).map(|over| over.outbox));
            self.abandoned.insert(number);
        }
        (late, None)
    }
}

/// A connection that is over while its endpoint still runs.
struct Over {
    since: Instant,
    outbox: Outbox,
}

/// The settings of a shutdown.
#[derive(Debug, Clone)]
pub(crate) struct ShutdownOptions {
    /// The close that every connection is sent.
    pub(crate) close: Close,
    /// The window over which the closes are spread.
    pub(crate) spread: Duration,
    /// How long endpoints that wait for the shutdown may take to end by themselves.
    pub(crate) grace: Duration,
    /// How long the shutdown may take after that window. What is left then is dropped.
    pub(crate) deadline: Duration,
}

impl Connections {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a connection, unless there are too many or the server is shutting down. A client without an address counts
    /// only towards the total.
    pub(crate) fn enter(
        self: &Arc<Self>,
        outbox: &Outbox,
        client: Option<ClientKey>,
        limits: &ConnectionLimits,
    ) -> Result<Entry, HttpError> {
        let mut state = self.lock();
        if state.ending || state.open.len() >= limits.total {
            return Err(HttpError::Unavailable);
        }
        let client = client.filter(|_| limits.per_client < usize::MAX);
        if let Some(client) = client {
            let count = state.clients.get(&client).copied().unwrap_or(0);
            if count >= limits.per_client {
                return Err(HttpError::TooManyFromClient);
            }
            state.clients.insert(client, count + 1);
        }
        let id = state.next;
        state.next += 1;
        state.open.insert(id, outbox.clone());
        Ok(Entry { connections: Arc::clone(self), id, client })
    }

    /// Adds a connection that is still an HTTP connection. The shutdown waits for it, but it does not count towards
    /// any limit. Returns `None` if the server is shutting down.
    pub(crate) fn enter_http(self: &Arc<Self>) -> Option<HttpEntry> {
        let mut state = self.lock();
        state.http += usize::from(!state.ending);
        (!state.ending).then(|| HttpEntry(Arc::clone(self)))
    }

    fn leave(&self, leave: impl FnOnce(&mut State)) {
        let mut state = self.lock();
        leave(&mut state);
        if state.ending {
            drop(state);
            self.changed.notify_waiters();
        }
    }

    /// Returns `true` if the server is shutting down and no connection can be added.
    pub(crate) fn are_ending(&self) -> bool {
        self.lock().ending
    }

    /// Closes every connection, and waits until the last one is over. Drops those that take too long.
    pub(crate) async fn end(&self, ending: &ShutdownOptions) {
        let start = Instant::now();
        let deadline = start + ending.spread + ending.deadline;
        let mut told = {
            let mut state = self.lock();
            state.ending = true;
            Telling::new(&state, ending, start)
        };
        let mut dropped = 0;
        loop {
            // What changes from here on completes it.
            let changed = self.changed.notified();
            let now = Instant::now();
            let next = told.tell(now);
            let (late, next_late) = self.lock().take_late(start, now, ending.grace);
            dropped += late.iter().filter(|outbox| outbox.abandon()).count();
            if self.lock().is_empty() {
                break;
            }
            if now >= deadline {
                let state = self.lock();
                let (late, http) = (state.outboxes(), state.http);
                drop(state);
                dropped += late.iter().filter(|outbox| outbox.abandon()).count() + http;
                break;
            }
            let until = [next, next_late, Some(deadline)].into_iter().flatten().min();
            let _ = timeout_at(until.unwrap_or(deadline), changed).await;
        }
        if dropped > 0 {
            observe::warn!("dropped what did not end before the shutdown deadline", connections = dropped);
        }
    }
}

/// The connections that a shutdown still has to tell something, each list in the order of time.
struct Telling {
    /// Those that do not know of the shutdown yet.
    untold: VecDeque<(Instant, Outbox)>,
    /// Those that end by themselves, with the time at which they are closed nevertheless.
    graceful: VecDeque<(Instant, Outbox)>,
    close: Close,
    grace: Duration,
}

impl Telling {
    /// Gives every open connection a time within the window. Each has a slot of the same length, and is told at a
    /// random time within it, so that no part of the window is much busier than another.
    fn new(state: &State, ending: &ShutdownOptions, start: Instant) -> Self {
        // The endpoint of a connection that is over has no client that would come back.
        let over = state.over.values().map(|over| (start, over.outbox.clone()));
        let mut open: Vec<_> = state.open.values().cloned().collect();
        fastrand::shuffle(&mut open);
        let slots = u32::try_from(open.len()).unwrap_or(u32::MAX).max(1);
        let slot = ending.spread / slots;
        let times = (0..=u32::MAX).map(|number| start + slot * number + slot.mul_f64(fastrand::f64()));
        let untold = over.chain(times.zip(open)).collect();
        let grace = ending.grace.min(ending.deadline);
        Self { untold, graceful: VecDeque::new(), close: ending.close.clone(), grace }
    }

    /// Tells those whose time has come. Returns when the next ones have to be told.
    fn tell(&mut self, now: Instant) -> Option<Instant> {
        while let Some((_, outbox)) = pop_due(&mut self.untold, now) {
            if outbox.begin_shutdown() {
                self.graceful.push_back((now + self.grace, outbox));
            } else {
                // The connection may be closed already.
                let _ = outbox.close(self.close.clone());
            }
        }
        while let Some((_, outbox)) = pop_due(&mut self.graceful, now) {
            let _ = outbox.close(self.close.clone());
        }
        let next = [&self.untold, &self.graceful].map(|list| list.front().map(|(at, _)| *at));
        next.into_iter().flatten().min()
    }
}

fn pop_due(list: &mut VecDeque<(Instant, Outbox)>, now: Instant) -> Option<(Instant, Outbox)> {
    let is_due = list.front().is_some_and(|(at, _)| *at <= now);
    if is_due { list.pop_front() } else { None }
}

/// The entry of a connection, until it is dropped.
pub(crate) struct Entry {
    connections: Arc<Connections>,
    /// Its number among those that are open, or among those that are over. No number is used twice.
    id: u64,
    /// The client that it counts for.
    client: Option<ClientKey>,
}

impl Entry {
    /// Makes room for another connection. The endpoint of this one may go on, and only the shutdown waits for it.
    pub(crate) fn over(&mut self) {
        let Self { connections, id, client } = self;
        connections.leave(|state| {
            if let Some(outbox) = state.close(*id, *client) {
                *id = state.next;
                state.next += 1;
                state.over.insert(*id, Over { since: Instant::now(), outbox });
            }
        });
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.connections.leave(|state| {
            state.close(self.id, self.client);
            state.over.remove(&self.id);
            state.abandoned.remove(&self.id);
        });
    }
}

/// The entry of an HTTP connection, until it is dropped.
pub(crate) struct HttpEntry(Arc<Connections>);

impl Drop for HttpEntry {
    fn drop(&mut self) {
        self.0.leave(|state| state.http -= 1);
    }
}
