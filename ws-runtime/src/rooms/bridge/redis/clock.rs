//! [`Clock`]: the time of Redis, by which processes agree on who came last.

use std::time::Duration;

use tokio::time::Instant;

/// What is known of the time of Redis, from one of its answers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    /// Redis read its clock between these two.
    sent: Instant,
    received: Instant,
    /// What it read, in milliseconds.
    time: u64,
}

impl Clock {
    pub(super) fn new(sent: Instant, time: u64) -> Self {
        Self { sent, received: Instant::now(), time }
    }

    /// Takes over a later answer, unless it says less. Clocks go apart by a thousandth at most.
    pub(super) fn follow(&mut self, later: Self) {
        if later.error() <= self.error() + self.received.elapsed() / 1000 {
            *self = later;
        }
    }

    fn error(&self) -> Duration {
        self.received - self.sent
    }

    /// Returns the time of Redis at an instant: the earliest and the latest that it may be.
    pub(super) fn bounds(&self, at: Instant) -> (u64, u64) {
        let drift = milliseconds(at.max(self.received) - at.min(self.received)) / 1000 + 1;
        let earliest = self.at(self.received, at).saturating_sub(drift);
        (earliest, self.at(self.sent, at).saturating_add(drift))
    }

    /// Returns the time of Redis at an instant if it read its clock at `read`.
    fn at(&self, read: Instant, at: Instant) -> u64 {
        let later = self.time.saturating_add(milliseconds(at.saturating_duration_since(read)));
        later.saturating_sub(milliseconds(read.saturating_duration_since(at)))
    }
}

/// Returns a time as Redis counts it.
pub(super) fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_time_of_redis_is_between_its_bounds() {
        let before = Instant::now();
        advance(Duration::from_secs(10)).await;
        let sent = Instant::now();
        advance(Duration::from_millis(40)).await;
        let mut clock = Clock::new(sent, 1_000_000);
        assert_eq!(clock.bounds(sent), (999_959, 1_000_001));
        assert_eq!(clock.bounds(before), (989_949, 990_011));
        advance(Duration::from_secs(100)).await;
        assert_eq!(clock.bounds(Instant::now()), (1_099_899, 1_100_141));
        // One that says less by 100 ms is taken over after 100 s, and not before.
        let worse = |clock: &Clock| {
            let sent = Instant::now() - clock.error() - Duration::from_millis(100);
            Clock::new(sent, clock.bounds(Instant::now()).0)
        };
        let later = worse(&clock);
        clock.follow(later);
        assert_eq!(clock.error(), Duration::from_millis(140));
        let later = worse(&clock);
        clock.follow(later);
        assert_eq!(clock.error(), Duration::from_millis(140));
    }
}
