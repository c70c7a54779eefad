//! [`Meter`]: counts operations between the end of the warm-up and the end of the measurement.

use std::{
    io,
    time::{Duration, Instant},
};

use super::{Figures, Settings, Target};
use crate::machine::cpu_time;

/// A server that does nothing for this long is not measured any further.
const STALLED: Duration = Duration::from_secs(2);

pub(super) struct Meter {
    pid: u32,
    duration: Duration,
    /// The end of the warm-up, then the beginning of the measurement.
    begin: Instant,
    warm: bool,
    cpu_before: Option<Duration>,
    count: u64,
    progress: (u64, Instant),
}

impl Meter {
    pub(super) fn start(target: &Target, settings: &Settings) -> Self {
        let now = Instant::now();
        Self {
            pid: target.pid,
            duration: settings.duration,
            begin: now + settings.duration / 5,
            warm: false,
            cpu_before: None,
            count: 0,
            progress: (0, now),
        }
    }

    pub(super) fn add(&mut self, operations: usize) {
        self.count += operations as u64;
    }

    /// Returns `true` while the measurement continues.
    pub(super) fn go_on(&mut self) -> io::Result<bool> {
        let now = Instant::now();
        if self.count != self.progress.0 {
            self.progress = (self.count, now);
        } else if now - self.progress.1 > STALLED {
            return Err(io::Error::new(io::ErrorKind::TimedOut, "the server does nothing any more"));
        }
        if !self.warm && now >= self.begin {
            self.warm = true;
            self.count = 0;
            self.cpu_before = cpu_time(self.pid);
            self.begin = Instant::now();
        }
        Ok(!self.warm || now < self.begin + self.duration)
    }

    pub(super) fn figures(&self) -> Figures {
        let elapsed = self.begin.elapsed();
        // More than 2^53 operations take longer than any measurement.
        #[allow(clippy::cast_precision_loss)]
        let count = self.count as f64;
        let cpu = cpu_time(self.pid).zip(self.cpu_before).map(|(after, before)| after.saturating_sub(before));
        Figures {
            value: count / elapsed.as_secs_f64(),
            per_cpu_second: cpu.filter(|cpu| !cpu.is_zero()).map(|cpu| count / cpu.as_secs_f64()),
        }
    }
}
