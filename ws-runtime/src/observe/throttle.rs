//! [`Throttle`]: limits how often an event that anybody can cause is logged, and counts those in between.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// How long further events are held back after one was let through.
const PAUSE: Duration = Duration::from_secs(60);

/// Lets one event of its kind through per minute.
#[derive(Debug, Default)]
pub(crate) struct Throttle(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    last: Option<Instant>,
    held_back: u64,
}

impl Throttle {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(State { last: None, held_back: 0 }))
    }

    /// Returns how many events were held back since the last one that was let through, or `None` if this one is held
    /// back.
    pub(crate) fn pass(&self) -> Option<u64> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if state.last.is_some_and(|last| now.saturating_duration_since(last) < PAUSE) {
            state.held_back += 1;
            return None;
        }
        state.last = Some(now);
        Some(std::mem::take(&mut state.held_back))
    }
}
