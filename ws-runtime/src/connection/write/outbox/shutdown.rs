//! What a connection and its endpoint know of the server's shutdown.

use std::{pin::pin, time::Duration};

use tokio::time::Instant;

use super::{Outbox, Shutdown};

/// An endpoint that has just waited for the shutdown does something else for a moment, such as to answer a message, and will
/// wait for it again. One that has not for longer than this does not care.
const MOMENT: Duration = Duration::from_secs(5);

impl Outbox {
    /// Completes once the server shuts down. Whoever waits for it is given the grace period.
    pub(crate) async fn wait_shutdown(&self) {
        let _heeding = Heeding::new(self);
        loop {
            let mut end = pin!(self.0.end.notified());
            end.as_mut().enable();
            if let Shutdown::Begun { .. } = self.lock().shutdown {
                return;
            }
            end.await;
        }
    }

    /// Says that the server shuts down. Returns `true` if the endpoint waits for that, and wants to end by itself.
    pub(crate) fn begin_shutdown(&self) -> bool {
        let graceful = {
            let mut state = self.lock();
            let graceful = match state.shutdown {
                Shutdown::No { waiting, last } => {
                    let now = Instant::now();
                    waiting > 0 || last.is_some_and(|last| now.saturating_duration_since(last) < MOMENT)
                }
                // It may be said twice.
                Shutdown::Begun { graceful } => graceful,
            };
            state.shutdown = Shutdown::Begun { graceful };
            graceful
        };
        self.0.end.notify_waiters();
        graceful
    }
}

/// Somebody waits for the shutdown, for as long as it lives.
struct Heeding<'a>(&'a Outbox);

impl<'a> Heeding<'a> {
    fn new(outbox: &'a Outbox) -> Self {
        if let Shutdown::No { waiting, .. } = &mut outbox.lock().shutdown {
            *waiting += 1;
        }
        Self(outbox)
    }
}

impl Drop for Heeding<'_> {
    fn drop(&mut self) {
        if let Shutdown::No { waiting, last } = &mut self.0.lock().shutdown {
            *waiting -= 1;
            *last = Some(Instant::now());
        }
    }
}
