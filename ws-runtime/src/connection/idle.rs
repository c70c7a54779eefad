//! [`Idle`]: how long the peer has sent no message.

use std::time::Duration;

use tokio::time::Instant;

/// How long the peer has sent no message, and whether that is too long.
pub(super) struct Idle {
    timeout: Duration,
    since: Instant,
    /// The receiver was woken to be told, and has not come yet.
    due: bool,
}

impl Idle {
    pub(super) fn new(timeout: Duration) -> Self {
        Self { timeout, since: Instant::now(), due: false }
    }

    pub(super) fn deadline(&self) -> Instant {
        self.since + self.timeout
    }

    /// A message came.
    pub(super) fn heard(&mut self) {
        self.since = Instant::now();
        self.due = false;
    }

    /// The deadline has come, and the time starts anew. `waits` says whether somebody is in `recv`, who is about to be
    /// woken and told: also if that is another task, which runs late.
    pub(super) fn report(&mut self, now: Instant, waits: bool) {
        self.since = now;
        self.due = waits;
    }

    /// Whether the peer has been idle for too long; if so, the time starts anew.
    pub(super) fn take_due(&mut self) -> bool {
        let now = Instant::now();
        let due = std::mem::take(&mut self.due) || self.deadline() <= now;
        if due {
            self.since = now;
        }
        due
    }
}
