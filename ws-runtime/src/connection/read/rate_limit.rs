//! [`RateLimit`]: how many messages a peer may send in a time.

use std::{num::NonZeroU32, time::Duration};

use governor::{
    Quota, RateLimiter,
    clock::{Clock, Reference},
    middleware::NoOpMiddleware,
    nanos::Nanos,
    state::{InMemoryState, NotKeyed},
};
use tokio::time::Instant;

/// How many messages a peer may send in a time, and how many at once.
///
/// A message beyond it is thrown away, and `recv` reports [`RateLimited`](crate::RateLimited) in its place: an endpoint
/// that leaves with it closes 1008 `Rate limit exceeded`; it may also warn the peer and go on.
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
    /// So many messages in that time, all of which may come at once.
    #[must_use]
    pub fn new(messages: NonZeroU32, per: Duration) -> Self {
        Self { messages, per, burst: messages }
    }

    /// How many messages may come at once after a pause.
    #[must_use]
    pub fn burst(self, messages: NonZeroU32) -> Self {
        Self { burst: messages, ..self }
    }
}

/// The messages that one peer has left.
pub(in crate::connection) struct Limiter(
    RateLimiter<NotKeyed, InMemoryState, TokioClock, NoOpMiddleware<TokioInstant>>,
);

impl Limiter {
    /// No limiter for a time of zero, in which any number of messages may come.
    pub(in crate::connection) fn new(limit: RateLimit) -> Option<Self> {
        // As many as may come at once, one behind the other, are counted in nanoseconds.
        let longest = Duration::from_nanos(u64::MAX / 4 / u64::from(limit.burst.get()));
        let period = (limit.per / limit.messages.get()).min(longest);
        let quota = Quota::with_period(period)?.allow_burst(limit.burst);
        Some(Self(RateLimiter::direct_with_clock(quota, TokioClock)))
    }

    /// Takes one message from what is left.
    pub(in crate::connection) fn allows(&self) -> bool {
        self.0.check().is_ok()
    }
}

/// Tokio's clock, so that a paused one is heeded.
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
