//! [`Expiry`]: when a connection is closed because its session ends.

use std::sync::atomic::Ordering;

use tokio::time::Instant;

use super::{Outbox, flag};
use crate::Close;

/// The end of a session. It is boxed, as few connections have one.
pub(super) struct Expiry {
    at: Instant,
    close: Close,
}

impl Outbox {
    /// Closes the connection at this time, in place of the time that was set before.
    pub(crate) fn expire_at(&self, at: Instant, close: Close) {
        let driver = {
            let mut state = self.lock();
            if state.closed.is_some() {
                return;
            }
            state.expiry = Some(Box::new(Expiry { at, close }));
            self.set(flag::RENEWED);
            state.driver.clone()
        };
        // The driver has to look at its timer even if it takes what waits to be written without being woken.
        if let Some(driver) = driver {
            driver.wake();
        }
    }

    /// Returns `true` if the expiry was set since the last call.
    pub(in crate::connection) fn take_renewed(&self) -> bool {
        self.has(flag::RENEWED)
            && self.0.flags.fetch_and(!flag::RENEWED, Ordering::AcqRel) & flag::RENEWED != 0
    }

    pub(in crate::connection) fn expires_at(&self) -> Option<Instant> {
        self.lock().expiry.as_deref().map(|expiry| expiry.at)
    }

    /// Closes the connection if its time has come.
    pub(in crate::connection) fn expire(&self, now: Instant) {
        let due = self.lock().expiry.take_if(|expiry| expiry.at <= now);
        if let Some(due) = due {
            let _ = self.close(due.close);
        }
    }
}
