//! [`RateLimit`]: the number of messages that a peer may send in a period of time.

use std::{num::NonZeroU32, time::Duration};

use governor::{
    Quota, RateLimiter,
    clock::{Clock, Reference},
    middleware::NoOpMiddleware,
    nanos::Nanos,
    state::{InMemoryState, NotKeyed},
};
use tokio::time::Instant;

/// How many messages a peer may send in a period of time, and how many at once.
///
/// A message that exceeds the limit is discarded, and `recv` returns [`RateLimited`](crate::RateLimited) in its
/// place. An endpoint that returns this error closes the connection with 1008 `rate limit exceeded`. It may also warn
/// the peer and go on.
///
/// ```
/// use std::{num::NonZeroU32, time::Duration};
/// use ws_runtime::{App, RateLimit};
///
/// // 10 messages a second on average, and up to 20 at once.
/// let limit = RateLimit::new(NonZeroU32::new(10).unwrap(), Duration::from_secs(1)).burst(NonZeroU32::new(20).unwrap());
/// let app = App::new().rate_limit(limit);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    messages: NonZeroU32,
    per: Duration,
    burst: NonZeroU32,
}

impl RateLimit {
    /// Allows `messages` messages in each period `per`. They may all come at once.
    #[must_use]
    pub fn new(messages: NonZeroU32, per: Duration) -> Self {
        Self { messages, per, burst: messages }
    }

    /// Sets how many messages may come at once after a pause.
    #[must_use]
    pub fn burst(self, messages: NonZeroU32) -> Self {
        Self { burst: messages, ..self }
    }
}

/// Counts the messages that one peer may still send.
pub(in crate::connection) struct Limiter(
    RateLimiter<NotKeyed, InMemoryState, TokioClock, NoOpMiddleware<TokioInstant>>,
);

impl Limiter {
    /// Creates a limiter. Returns `None` for a period of zero, in which any number of messages may come.
    pub(in crate::connection) fn new(limit: RateLimit) -> Option<Self> {
        // The limiter counts the time for a whole burst in nanoseconds, so the period is capped to keep that from
        // overflowing.
        let longest = Duration::from_nanos(u64::MAX / 4 / u64::from(limit.burst.get()));
        let period = (limit.per / limit.messages.get()).min(longest);
        let quota = Quota::with_period(period)?.allow_burst(limit.burst);
        Some(Self(RateLimiter::direct_with_clock(quota, TokioClock)))
    }

    /// Takes one message from the allowance. Returns `true` if one was left.
    pub(in crate::connection) fn allows(&self) -> bool {
        self.0.check().is_ok()
    }
}

/// Tokio's clock, which tests can pause.
#[derive(Debug, Clone)]
struct TokioClock;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct TokioInstant(Instant);

impl Clock for TokioClock {
    type Instant = TokioInstant;

    fn now(&self) -> TokioInstant {
        TokioInstant(Instant::now())
    }
}

impl Reference for TokioInstant {
    fn duration_since(&self, earlier: Self) -> Nanos {
        self.0.saturating_duration_since(earlier.0).into()
    }

    fn saturating_sub(&self, duration: Nanos) -> Self {
        Self(self.0.checked_sub(duration.into()).unwrap_or(self.0))
    }
}

impl std::ops::Add<Nanos> for TokioInstant {
    type Output = Self;

    fn add(self, duration: Nanos) -> Self {
        Self(self.0 + Duration::from(duration))
    }
}
