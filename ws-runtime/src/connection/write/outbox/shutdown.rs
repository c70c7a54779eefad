//! What a connection and its endpoint know about the shutdown of the server.

use std::{pin::pin, time::Duration};

use tokio::time::Instant;

use super::{Outbox, Shutdown};

/// An endpoint that waits for the shutdown in a loop does something else in between, such as answering a message. If
/// it waited within this time, it still counts as waiting.
const MOMENT: Duration = Duration::from_secs(5);

impl Outbox {
    /// Completes once the server shuts down. An endpoint that waits for this is given the grace period.
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

    /// Says that the server shuts down. Returns `true` if the endpoint waits for that and wants to end by itself.
    pub(crate) fn begin_shutdown(&self) -> bool {
        let graceful = {
            let mut state = self.lock();
            let graceful = match state.shutdown {
                Shutdown::No { waiting, last } => {
                    let now = Instant::now();
                    waiting > 0 || last.is_some_and(|last| now.saturating_duration_since(last) < MOMENT)
                }
                // This function may be called twice.
                Shutdown::Begun { graceful } => graceful,
            };
            state.shutdown = Shutdown::Begun { graceful };
            graceful
        };
        self.0.end.notify_waiters();
        graceful
    }
}

/// Counts one task as waiting for the shutdown until it is dropped.
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
