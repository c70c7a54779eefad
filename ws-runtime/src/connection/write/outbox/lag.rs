//! [`Lag`]: whether a connection keeps up with what is broadcast to it.

use std::time::Duration;

use tokio::time::Instant;

/// How far a connection may fall behind what is broadcast to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Patience {
    /// How long it may take less than its send buffer holds, while more than that is waiting.
    pub(crate) time: Duration,
    /// The most that may be waiting for it, in bytes.
    pub(crate) bytes: usize,
}

/// The state of a connection for which more is waiting than its send buffer holds.
#[derive(Debug)]
pub(super) struct Lag {
    since: Instant,
    /// How much the transport has taken since then, in bytes.
    taken: usize,
}

impl Lag {
    pub(super) fn begin(now: Instant) -> Self {
        Self { since: now, taken: 0 }
    }

    /// Records that the transport took so many bytes.
    pub(super) fn took(&mut self, bytes: usize) {
        self.taken = self.taken.saturating_add(bytes);
    }

    /// Returns `true` if the peer has taken next to nothing for too long. Once it has taken as much as its buffer
    /// holds, the time starts again.
    pub(super) fn is_too_long(&mut self, now: Instant, buffer: usize, patience: Duration) -> bool {
        if self.taken >= buffer {
            *self = Self::begin(now);
        }
        now.saturating_duration_since(self.since) >= patience
    }
}

#[cfg(all(test, not(ws_loom)))]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_time_starts_anew_with_each_buffer_that_was_taken() {
        let start = Instant::now();
        let mut lag = Lag::begin(start);
        lag.took(99);
        assert!(!lag.is_too_long(start + 4 * SECOND, 100, 5 * SECOND));
        lag.took(1);
        assert!(!lag.is_too_long(start + 6 * SECOND, 100, 5 * SECOND));
        assert!(!lag.is_too_long(start + 10 * SECOND, 100, 5 * SECOND));
        lag.took(99);
        assert!(lag.is_too_long(start + 11 * SECOND, 100, 5 * SECOND));
    }

    #[test]
    fn without_patience_it_is_too_long_at_once() {
        let now = Instant::now();
        assert!(Lag::begin(now).is_too_long(now, 100, Duration::ZERO));
    }
}
