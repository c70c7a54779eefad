//! [`Connections`]: all that are open, so that they can be counted, and told when the server ends.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::Notify,
    time::{Instant, timeout_at},
};

use crate::{Close, connection::Outbox, observe};

/// The connections of a service, from their handshakes on.
#[derive(Default)]
pub(crate) struct Connections {
    state: Mutex<State>,
    /// Rung when the last one ends.
    empty: Notify,
}

#[derive(Default)]
struct State {
    /// Numbered, so that no hash has to be computed for each that comes and goes.
    open: BTreeMap<u64, Outbox>,
    next: u64,
    /// Those whose connection is over and whose endpoint is not: they count for no limit.
    over: BTreeMap<u64, Outbox>,
    /// HTTP connections that a fallback may be answering on.
    http: usize,
    ending: bool,
}

impl State {
    fn is_empty(&self) -> bool {
        self.open.is_empty() && self.over.is_empty() && self.http == 0
    }

    /// Of all that are not at their end. To use them needs no lock.
    fn outboxes(&self) -> Vec<Outbox> {
        self.open.values().chain(self.over.values()).cloned().collect()
    }
}

/// How a server ends.
#[derive(Debug, Clone)]
pub(crate) struct Ending {
    /// What every connection is closed with.
    pub(crate) close: Close,
    /// How long endpoints that wait for the shutdown may take to end by themselves.
    pub(crate) grace: Duration,
    /// How long all of it may take; then what is left is dropped.
    pub(crate) deadline: Duration,
}

impl Connections {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Enters a connection; `None` if there are too many, or the server ends.
    pub(crate) fn enter(self: &Arc<Self>, outbox: &Outbox, max: usize) -> Option<Entry> {
        let mut state = self.lock();
        if state.ending || state.open.len() >= max {
            return None;
        }
        let id = state.next;
        state.next += 1;
        state.open.insert(id, outbox.clone());
        Some(Entry { connections: Arc::clone(self), id })
    }

    /// Enters a connection that is none of WebSocket yet: the end waits for it, but no limit counts it. `None` if the
    /// server ends.
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

    /// Whether nothing more is entered.
    pub(crate) fn are_ending(&self) -> bool {
        self.lock().ending
    }

    /// Closes every connection, and waits until the last one is over, or drops it.
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
                // It may be closed already.
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
        // Whose connection is over has nobody to say goodbye to.
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

/// A connection among the others, until it is dropped.
pub(crate) struct Entry {
    connections: Arc<Connections>,
    id: u64,
}

impl Entry {
    /// Makes room for another connection. The endpoint of this one may go on; only the end of the server waits for it.
    pub(crate) fn over(&mut self) {
        let mut state = self.connections.lock();
        if let Some(outbox) = state.open.remove(&self.id) {
            state.over.insert(self.id, outbox);
        }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.connections.leave(|state| {
            state.open.remove(&self.id);
            state.over.remove(&self.id);
        });
    }
}

/// An HTTP connection among the others, until it is dropped.
pub(crate) struct HttpEntry(Arc<Connections>);

impl Drop for HttpEntry {
    fn drop(&mut self) {
        self.0.leave(|state| state.http -= 1);
    }
}
