//! [`Backoff`]: how long a client waits between attempts to connect.

use std::{sync::Arc, time::Duration};

use backon::{BackoffBuilder, ExponentialBuilder};

use super::Ended;

/// How long a client waits before it reconnects: a delay that grows with every attempt in a row. The actual delay is
/// chosen at random between half of that and all of it, so that the clients of a server that went down do not all come
/// back at once.
///
/// By default the first delay is 0.5 s (that is, 0.25 s to 0.5 s), each delay is twice the previous one up to 30 s, and
/// the client never gives up. Once a connection has been open for 10 s, the next delay is the first one again; a server
/// that accepts connections and closes them at once is asked less and less often.
///
/// ```
/// use std::time::Duration;
/// use ws_runtime::client::Backoff;
///
/// let backoff = Backoff::new().min_delay(Duration::from_secs(1)).max_delay(Duration::from_secs(60)).max_attempts(10);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Backoff {
    min_delay: Duration,
    max_delay: Duration,
    factor: f32,
    max_attempts: Option<usize>,
    jitter: bool,
    reset_after: Duration,
}

impl Backoff {
    /// Creates the default backoff.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            min_delay: Duration::from_millis(500),
            max_delay: Duration::from_secs(30),
            factor: 2.0,
            max_attempts: None,
            jitter: true,
            reset_after: Duration::from_secs(10),
        }
    }

    /// Sets the first delay.
    #[must_use]
    pub const fn min_delay(self, min_delay: Duration) -> Self {
        Self { min_delay, ..self }
    }

    /// Sets the longest delay.
    #[must_use]
    pub const fn max_delay(self, max_delay: Duration) -> Self {
        Self { max_delay, ..self }
    }

    /// Sets the factor by which each delay is multiplied to make the next one. A factor below 1 counts as 1.
    #[must_use]
    pub const fn factor(self, factor: f32) -> Self {
        Self { factor, ..self }
    }

    /// Sets how many times in a row a client tries to reconnect before it gives up. With `None` it never gives up; with
    /// 0 it never reconnects.
    #[must_use]
    pub fn max_attempts(self, max_attempts: impl Into<Option<usize>>) -> Self {
        Self { max_attempts: max_attempts.into(), ..self }
    }

    /// Sets whether delays are chosen at random. Without jitter, each delay has its full length.
    #[must_use]
    pub const fn jitter(self, jitter: bool) -> Self {
        Self { jitter, ..self }
    }

    /// Sets how long a connection must have been open for the next delay to be the first one again.
    #[must_use]
    pub const fn reset_after(self, reset_after: Duration) -> Self {
        Self { reset_after, ..self }
    }

    fn build(&self) -> Delays {
        // The library adds up to one whole delay as jitter. Half delays therefore give a result between half a delay
        // and a whole one.
        let part = if self.jitter { 2 } else { 1 };
        let builder = ExponentialBuilder::new()
            .with_min_delay(self.min_delay.min(self.max_delay) / part)
            .with_max_delay(self.max_delay / part)
            // This makes NaN count as 1, too.
            .with_factor(self.factor.max(1.0))
            .without_max_times();
        let builder = if self.jitter { builder.with_jitter() } else { builder };
        match self.max_attempts {
            Some(attempts) => builder.with_max_times(attempts).build(),
            None => builder.build(),
        }
    }
}

impl Default for Backoff {
    fn default() -> Self {
        Self::new()
    }
}

type Delays = <ExponentialBuilder as BackoffBuilder>::Backoff;

/// Returns `true` for an end after which the client should try again.
pub(super) type Policy = Arc<dyn Fn(&Ended) -> bool + Send + Sync>;

/// Counts the attempts in a row, and computes the delay before the next one.
pub(super) struct Retry {
    backoff: Backoff,
    policy: Option<Policy>,
    delays: Delays,
    attempt: u32,
}

impl Retry {
    pub(super) fn new(backoff: Backoff, policy: Option<Policy>) -> Self {
        Self { backoff, policy, delays: backoff.build(), attempt: 0 }
    }

    /// Returns the number of the next attempt and the delay before it, or `None` if there is no next attempt.
    pub(super) fn after(&mut self, ended: &Ended) -> Option<(u32, Duration)> {
        let again = self.policy.as_ref().map_or_else(|| ended.is_transient(), |policy| policy(ended));
        let delay = again.then(|| self.delays.next()).flatten()?;
        self.attempt = self.attempt.saturating_add(1);
        Some((self.attempt, delay.saturating_add(ended.retry_after())))
    }

    /// Records how long the last connection was open.
    pub(super) fn was_open(&mut self, open: Duration) {
        if open >= self.backoff.reset_after {
            self.delays = self.backoff.build();
            self.attempt = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delays(backoff: Backoff, count: usize) -> Vec<Duration> {
        backoff.build().take(count).collect()
    }

    #[test]
    fn delays_grow_to_the_longest() {
        let millis = [500, 1000, 2000, 4000, 8000, 16000, 30000, 30000].map(Duration::from_millis);
        assert_eq!(delays(Backoff::new().jitter(false), 8), millis);
    }

    #[test]
    fn jitter_takes_up_to_half() {
        let whole = delays(Backoff::new().jitter(false), 50);
        let random = delays(Backoff::new(), 50);
        for (whole, random) in whole.iter().zip(&random) {
            assert!((*whole / 2..=*whole).contains(random), "{random:?} of {whole:?}");
        }
        // The last forty delays all have the same range.
        let (low, high) = (random[10..].iter().min().unwrap(), random[10..].iter().max().unwrap());
        assert!(*high > *low + Duration::from_secs(5), "{low:?} to {high:?}");
        assert_ne!(random, delays(Backoff::new(), 50));
    }

    #[test]
    fn what_makes_no_sense_does_no_harm() {
        for factor in [f32::NAN, 0.0, -1.0] {
            let second = Backoff::new().jitter(false).factor(factor);
            assert_eq!(delays(second, 3), [Duration::from_millis(500); 3]);
        }
        let extreme = Backoff::new().min_delay(Duration::MAX).max_delay(Duration::MAX).factor(f32::INFINITY);
        assert_eq!(delays(extreme, 3).len(), 3);
        let upside_down = Backoff::new().jitter(false).min_delay(Duration::MAX).max_delay(Duration::ZERO);
        assert_eq!(delays(upside_down, 2), [Duration::ZERO; 2]);
        assert_eq!(delays(Backoff::new().max_attempts(2), 9).len(), 2);
        assert_eq!(delays(Backoff::new().max_attempts(0), 9).len(), 0);
    }
}
