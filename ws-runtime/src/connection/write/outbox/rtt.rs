//! [`Rtt`]: how long the last ping was on its way.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use super::Outbox;

/// Microseconds, and one more: 0 stands for no time at all. It fits into what alignment leaves unused beside the flags.
#[derive(Default)]
pub(super) struct Rtt(AtomicU32);

impl Outbox {
    pub(crate) fn rtt(&self) -> Option<Duration> {
        let stored = self.0.rtt.0.load(Ordering::Relaxed);
        stored.checked_sub(1).map(|micros| Duration::from_micros(micros.into()))
    }

    pub(in crate::connection) fn set_rtt(&self, time: Duration) {
        // More than an hour is stored as an hour and some minutes.
        let micros = u32::try_from(time.as_micros()).unwrap_or(u32::MAX);
        self.0.rtt.0.store(micros.saturating_add(1), Ordering::Relaxed);
    }
}
