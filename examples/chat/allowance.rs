//! [`Allowance`]: how many messages somebody may send.

use std::{num::NonZeroU32, time::Duration};

use tokio::time::Instant;

/// So many messages in a time, at once or spread over it.
///
/// The `rate_limit` of the app counts all that arrives, before it is known what it is. This one is asked for what a
/// person wrote, and not for the answers to heartbeats, which are due however often the server asks.
pub(crate) struct Allowance {
    /// What one message costs.
    cost: Duration,
    /// The cost of the most messages at once, but for the last.
    credit: Duration,
    /// When all that was spent is earned again.
    even: Instant,
}

impl Allowance {
    pub(crate) fn new(messages: NonZeroU32, period: Duration) -> Self {
        let cost = period / messages.get();
        Self { cost, credit: cost * (messages.get() - 1), even: Instant::now() }
    }

    /// Whether one more is allowed; if so, it is counted.
    pub(crate) fn take(&mut self) -> bool {
        let now = Instant::now();
        let even = self.even.max(now);
        let allowed = even - now <= self.credit;
        if allowed {
            self.even = even + self.cost;
        }
        allowed
    }
}
