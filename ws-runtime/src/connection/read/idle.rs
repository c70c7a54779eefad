//! [`Idle`]: the timeout for a peer that sends no messages.

use std::time::Duration;

use tokio::time::Instant;

use crate::connection::MAX_TIMEOUT;

/// Measures how long the peer has sent no part of a message, and tells whether that is too long.
pub(in crate::connection) struct Idle {
    timeout: Duration,
    since: Instant,
    /// Whether the receiver was woken to report the timeout, and has not polled yet.
    due: bool,
    arriving: Option<Arriving>,
}

/// A message that has begun to arrive.
struct Arriving {
    since: Instant,
    /// How much of it has arrived, in bytes.
    bytes: usize,
}

/// How many times the timeout one message may take in total, however slowly it arrives.
const LONGEST: u32 = 10;

impl Idle {
    pub(in crate::connection) fn new(timeout: Duration) -> Self {
        Self { timeout, since: Instant::now(), due: false, arriving: None }
    }

    pub(in crate::connection) fn deadline(&self) -> Instant {
        self.since + self.timeout
    }

    /// Records that a message has arrived.
    pub(in crate::connection) fn heard(&mut self) {
        self.since = Instant::now();
        self.due = false;
        self.arriving = None;
    }

    /// Records how many bytes of an unfinished message have arrived, or `None` if no message has begun.
    pub(in crate::connection) fn waits_for_rest(&mut self, unfinished: Option<usize>) {
        let Some(bytes) = unfinished else { return };
        if self.arriving.as_ref().is_some_and(|arriving| arriving.bytes == bytes) {
            return;
        }
        let now = Instant::now();
        let arriving = self.arriving.get_or_insert(Arriving { since: now, bytes });
        arriving.bytes = bytes;
        let last = arriving.since + self.timeout.saturating_mul(LONGEST - 1).min(MAX_TIMEOUT);
        if self.since < now.min(last) {
            self.since = now.min(last);
            self.due = false;
        }
    }

    /// Handles the deadline, and restarts the timeout. `waits` is `true` if a task waits in `recv`. That task is
    /// about to be woken and will report the timeout, even if it is a different task that only runs later.
    pub(in crate::connection) fn report(&mut self, now: Instant, waits: bool) {
        self.since = now;
        self.due = waits;
    }

    /// Returns `true` if the peer has been idle for too long, and restarts the timeout in that case.
    pub(in crate::connection) fn take_due(&mut self) -> bool {
        let now = Instant::now();
        let due = std::mem::take(&mut self.due) || self.deadline() <= now;
        if due {
            self.since = now;
        }
        due
    }
}
