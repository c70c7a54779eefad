//! The end of a connection: its first close, and the tasks that wait for it.

use std::{
    future::poll_fn,
    pin::{Pin, pin},
    sync::atomic::Ordering,
    task::Poll,
};

use super::{Outbox, State, Waiting, flag};
use crate::{
    Close, Closed, PeerClose,
    connection::{ConnectionError, sync::MutexGuard},
};

impl Outbox {
    pub(crate) fn is_closed(&self) -> bool {
        self.has(flag::CLOSED)
    }

    pub(crate) fn closed(&self) -> Option<Closed> {
        self.lock().closed.as_deref().cloned()
    }

    /// Completes once either side has closed the connection.
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

    /// Appends a Close frame after everything that was sent. The first close wins.
    pub(crate) fn close(&self, close: Close) -> Result<(), ConnectionError> {
        let mut state = self.lock();
        state.check_open()?;
        state.wire.close(&close);
        self.end(state, Closed::Local(close));
        Ok(())
    }

    /// Records the peer's Close frame and answers it (RFC 6455, section 5.5.1).
    pub(in crate::connection) fn close_by_peer(&self, peer: Option<PeerClose>) {
        let mut state = self.lock();
        if state.closed.is_none() {
            state.wire.close_answer(peer.as_ref());
            self.end(state, Closed::Peer(peer));
        }
    }

    /// Records that the transport is gone.
    pub(crate) fn lose(&self) {
        let state = self.lock();
        if state.closed.is_none() {
            self.end(state, Closed::Lost);
        }
    }

    /// Drops the connection, and its endpoint as soon as that yields. Returns `false` if it was already abandoned, or
    /// if its handshake has not been answered yet, in which case the client must still receive its close.
    pub(crate) fn abandon(&self) -> bool {
        let driver = {
            let state = self.lock();
            if !self.is_accepted() && state.driver.is_none() {
                return false;
            }
            if self.set(flag::ABANDONED) & flag::ABANDONED != 0 {
                return false;
            }
            state.driver.clone()
        };
        if let Some(driver) = driver {
            driver.wake();
        }
        true
    }

    /// Awaits a future. Returns `None` if the connection is abandoned first.
    pub(crate) async fn unless_abandoned<F: Future + Unpin>(&self, mut future: F) -> Option<F::Output> {
        poll_fn(|cx| {
            if let Poll::Ready(output) = Pin::new(&mut future).poll(cx) {
                return Poll::Ready(Some(output));
            }
            self.set_driver(cx.waker());
            if self.resume() { Poll::Pending } else { Poll::Ready(None) }
        })
        .await
    }

    fn end(&self, mut state: MutexGuard<'_, State>, closed: Closed) {
        state.closed = Some(Box::new(closed));
        self.set(flag::CLOSED);
        let waiting = state.waiting.take();
        let told = state.parties.as_ref().map(|parties| parties.told());
        // A driver that waits for the peer to read would not notice by itself, and the close timeout begins now.
        self.0.flags.fetch_and(!flag::QUIET, Ordering::AcqRel);
        self.appended(state);
        Waiting::wake(waiting);
        self.0.end.notify_waiters();
        for party in told.into_iter().flatten().filter_map(|party| party.upgrade()) {
            party.closed();
        }
    }
}
