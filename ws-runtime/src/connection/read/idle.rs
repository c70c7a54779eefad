//! [`Idle`]: how long the peer has sent nothing of a message.

use std::time::Duration;

use tokio::time::Instant;

use crate::connection::EVER;

/// How long the peer has sent nothing of a message, and whether that is too long.
pub(in crate::connection) struct Idle {
    timeout: Duration,
    since: Instant,
    /// The receiver was woken to be told, and has not come yet.
    due: bool,
    arriving: Option<Arriving>,
}

/// A message that is on its way.
struct Arriving {
    since: Instant,
    /// How much of it has come, in bytes.
    bytes: usize,
}

/// So many times the timeout one message may take, however slowly it comes.
const LONGEST: u32 = 10;

impl Idle {
    pub(in crate::connection) fn new(timeout: Duration) -> Self {
        Self { timeout, since: Instant::now(), due: false, arriving: None }
    }

    pub(in crate::connection) fn deadline(&self) -> Instant {
        self.since + self.timeout
    }

    /// A message came.
    pub(in crate::connection) fn heard(&mut self) {
        self.since = Instant::now();
        self.due = false;
        self.arriving = None;
    }

    /// So many bytes of a message have come, and more are to come; `None` if no message is on its way.
    pub(in crate::connection) fn waits_for_rest(&mut self, unfinished: Option<usize>) {
        let Some(bytes) = unfinished else { return };
        if self.arriving.as_ref().is_some_and(|arriving| arriving.bytes == bytes) {
            return;
        }
        let now = Instant::now();
        let arriving = self.arriving.get_or_insert(Arriving { since: now, bytes });
        arriving.bytes = bytes;
        let last = arriving.since + self.timeout.saturating_mul(LONGEST - 1).min(EVER);
        if self.since < now.min(last) {
            self.since = now.min(last);
            self.due = false;
        }
    }

    /// The deadline has come, and the time starts anew. `waits` says whether somebody is in `recv`, who is about to be
    /// woken and told: also if that is another task, which runs late.
    pub(in crate::connection) fn report(&mut self, now: Instant, waits: bool) {
        self.since = now;
        self.due = waits;
    }

    /// Whether the peer has been idle for too long; if so, the time starts anew.
    pub(in crate::connection) fn take_due(&mut self) -> bool {
        let now = Instant::now();
        let due = std::mem::take(&mut self.due) || self.deadline() <= now;
        if due {
            self.since = now;
        }
        due
    }
}
