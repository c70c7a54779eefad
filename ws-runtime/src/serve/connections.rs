//! [`Connections`]: all open connections, so that they can be counted, and closed when the server shuts down.

use std::{
    collections::{BTreeMap, HashMap},
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
    /// Notified when the last connection ends.
    empty: Notify,
}

#[derive(Default)]
struct State {
    /// The open connections. They are numbered, so that no hash has to be computed for each that comes and goes.
    open: BTreeMap<u64, Outbox>,
    next: u64,
    /// The connections that are over while their endpoint still runs. They do not count towards any limit.
    over: BTreeMap<u64, Outbox>,
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
        self.open.is_empty() && self.over.is_empty() && self.http == 0
    }

    /// Returns the outboxes of all connections whose endpoint has not ended. They can be used without the lock.
    fn outboxes(&self) -> Vec<Outbox> {
        self.open.values().chain(self.over.values()).cloned().collect()
    }
}

/// The settings of a shutdown.
#[derive(Debug, Clone)]
pub(crate) struct Ending {
    /// The close that every connection is sent.
    pub(crate) close: Close,
    /// How long endpoints that wait for the shutdown may take to end by themselves.
    pub(crate) grace: Duration,
    /// How long the whole shutdown may take. What is left then is dropped.
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
        if state.is_empty() {
            drop(state);
            self.empty.notify_waiters();
        }
    }

    /// Returns `true` if the server is shutting down and no connection can be added.
    pub(crate) fn are_ending(&self) -> bool {
        self.lock().ending
    }

    /// Closes every connection, and waits until the last one is over. Drops those that take too long.
    pub(crate) async fn end(&self, ending: &Ending) {
        let now = Instant::now();
        let (deadline, grace) = (now + ending.deadline, now + ending.grace.min(ending.deadline));
        let told = {
            let mut state = self.lock();
            state.ending = true;
            state.outboxes()
        };
        let mut graceful = false;
        for outbox in told {
            if outbox.begin_shutdown() {
                graceful = true;
            } else {
                // The connection may be closed already.
                let _ = outbox.close(ending.close.clone());
            }
        }
        if graceful {
            let _ = timeout_at(grace, self.wait_empty()).await;
            let late = self.lock().outboxes();
            for outbox in late {
                let _ = outbox.close(ending.close.clone());
            }
        }
        // An endpoint whose connection is over has no peer to say goodbye to, so it gets half of the time.
        let mut connections = 0;
        if timeout_at(now + ending.deadline / 2, self.wait_empty()).await.is_err() {
            let over: Vec<_> = self.lock().over.values().cloned().collect();
            connections += over.iter().filter(|outbox| outbox.abandon()).count();
        }
        if timeout_at(deadline, self.wait_empty()).await.is_err() {
            let (late, http) = {
                let state = self.lock();
                (state.outboxes(), state.http)
            };
            connections += late.iter().filter(|outbox| outbox.abandon()).count() + http;
        }
        if connections > 0 {
            observe::warn!(
                "dropped what did not end before the shutdown deadline",
                connections = connections
            );
        }
    }

    async fn wait_empty(&self) {
        loop {
            let rung = self.empty.notified();
            if self.lock().is_empty() {
                return;
            }
            rung.await;
        }
    }
}

/// The entry of a connection, until it is dropped.
pub(crate) struct Entry {
    connections: Arc<Connections>,
    id: u64,
    /// The client that it counts for.
    client: Option<ClientKey>,
}

impl Entry {
    /// Makes room for another connection. The endpoint of this one may go on, and only the shutdown waits for it.
    pub(crate) fn over(&mut self) {
        let mut state = self.connections.lock();
        if let Some(outbox) = state.close(self.id, self.client) {
            state.over.insert(self.id, outbox);
        }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.connections.leave(|state| {
            state.close(self.id, self.client);
            state.over.remove(&self.id);
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
