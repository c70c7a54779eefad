//! Measures the clock and the polls of a turn, latencies, and the resources that the server's process used.

use std::{
    fmt::{self, Display, Formatter},
    fs, io, mem,
    thread::sleep,
    time::{Duration, Instant},
};

use mio::{Events, Poll};

/// How long the server may take to become idle after its last answer.
const REST: Duration = Duration::from_millis(2);

/// Polls without sleeping, and counts the time in which there was nothing to do.
pub(crate) struct Reactor {
    pub(crate) poll: Poll,
    pub(crate) events: Events,
    /// The time of the last poll, in nanoseconds.
    now: u64,
    idle: u64,
    clock: Instant,
}

impl Reactor {
    pub(crate) fn new() -> io::Result<Self> {
        let events = Events::with_capacity(1024);
        Ok(Self { poll: Poll::new()?, events, now: 0, idle: 0, clock: Instant::now() })
    }

    pub(crate) fn turn(&mut self) -> io::Result<()> {
        // The load does not sleep, because the server's send would pay for waking it.
        self.poll.poll(&mut self.events, Some(Duration::ZERO))?;
        let now = self.time();
        let before = mem::replace(&mut self.now, now);
        if self.events.is_empty() {
            self.idle += self.now - before;
        }
        Ok(())
    }

    /// Returns `true` if nothing has happened for too long since `start`, a value of [`time`](Self::time).
    pub(crate) fn is_stuck(&self, start: u64, patience: Duration) -> bool {
        self.now > start + nanoseconds(patience)
    }

    /// Returns the current time, in nanoseconds.
    pub(crate) fn time(&self) -> u64 {
        nanoseconds(self.clock.elapsed())
    }
}

/// One measurement.
pub(crate) struct Meter {
    pid: Option<u32>,
    cpu: u64,
    begin: u64,
    length: u64,
    pub(crate) count: u64,
    pub(crate) latencies: Latencies,
}

impl Meter {
    pub(crate) fn start(reactor: &mut Reactor, pid: Option<u32>, length: Duration) -> Self {
        reactor.idle = 0;
        reactor.now = reactor.time();
        Self {
            pid,
            cpu: cpu_time(pid),
            begin: reactor.now,
            length: nanoseconds(length),
            count: 0,
            latencies: Latencies::new(),
        }
    }

    /// Returns `true` if it is time to stop.
    pub(crate) fn is_over(&self, reactor: &Reactor) -> bool {
        reactor.now >= self.begin + self.length
    }

    pub(crate) fn figures(&self, reactor: &Reactor) -> Figures {
        let elapsed = (reactor.now - self.begin) as f64;
        sleep(REST);
        let cpu = cpu_time(self.pid).saturating_sub(self.cpu) as f64;
        let mut figures = Figures::default();
        figures.add("rate", self.count as f64 / elapsed * 1e9);
        figures.add("count", self.count as f64);
        figures.add("cpu_us_per_op", cpu / 1e3 / self.count as f64);
        figures.add("server_cpu", cpu / elapsed);
        figures.add("client_busy", 1.0 - reactor.idle as f64 / elapsed);
        figures.add_latencies("", &self.latencies);
        figures
    }
}

/// A histogram of nanoseconds, exact to a hundredth.
pub(crate) struct Latencies {
    counts: Vec<u64>,
    total: u64,
}

/// Each power of two has this many bins, as a power of two.
const BINS: u32 = 7;

impl Latencies {
    pub(crate) fn new() -> Self {
        Self { counts: vec![0; 64 << BINS], total: 0 }
    }

    pub(crate) fn add(&mut self, latency: u64) {
        let shift = (u64::BITS - latency.leading_zeros()).saturating_sub(BINS + 1);
        // The bins of one shift hold the numbers from 2^BINS to 2^(BINS + 1). Only shift 0 has smaller ones.
        let index = (u64::from(shift) << BINS) + (latency >> shift);
        self.counts[usize::try_from(index).unwrap_or(usize::MAX)] += 1;
        self.total += 1;
    }

    /// Returns how many values were added.
    pub(crate) fn count(&self) -> u64 {
        self.total
    }

    /// Returns the latency that this share of all values does not exceed, in microseconds.
    pub(crate) fn quantile(&self, share: f64) -> f64 {
        let mut missing = self.total as f64 * share;
        for (index, count) in self.counts.iter().enumerate() {
            missing -= *count as f64;
            if missing <= 0.0 && *count > 0 {
                let shift = (index >> BINS).saturating_sub(1);
                let start = (index - (shift << BINS)) << shift;
                return (start as f64 + (1_u64 << shift) as f64 / 2.0) / 1e3;
            }
        }
        0.0
    }
}

/// The results, by name.
#[derive(Default)]
pub(crate) struct Figures(Vec<(String, f64)>);

impl Figures {
    pub(crate) fn add(&mut self, name: impl Into<String>, value: f64) {
        self.0.push((name.into(), value));
    }

    /// Adds the median and higher quantiles, with names that start with `prefix`.
    pub(crate) fn add_latencies(&mut self, prefix: &str, latencies: &Latencies) {
        for (name, share) in [("p50_us", 0.5), ("p99_us", 0.99), ("p999_us", 0.999)] {
            self.add(format!("{prefix}{name}"), latencies.quantile(share));
        }
    }
}

/// Formats the results as a JSON object.
impl Display for Figures {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (index, (name, value)) in self.0.iter().enumerate() {
            let comma = if index > 0 { ", " } else { "" };
            // JSON has no other numbers.
            let value = if value.is_finite() { *value } else { 0.0 };
            write!(f, "{comma}\"{name}\": {value:.4}")?;
        }
        f.write_str("}")
    }
}

/// Returns the CPU time that all threads of a process have used, in nanoseconds.
fn cpu_time(pid: Option<u32>) -> u64 {
    let threads = pid.and_then(|pid| fs::read_dir(format!("/proc/{pid}/task")).ok());
    let of_thread = |thread: fs::DirEntry| {
        let text = fs::read_to_string(thread.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<u64>().ok()
    };
    threads.into_iter().flatten().flatten().filter_map(of_thread).sum()
}

/// Returns the memory of a process, in bytes.
pub(crate) fn resident_bytes(pid: u32) -> io::Result<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("Rss:"));
    let kibibytes =
        line.and_then(|line| line.split_whitespace().next()).and_then(|text| text.parse::<u64>().ok());
    kibibytes.map(|kibibytes| kibibytes * 1024).ok_or_else(|| io::Error::other("no Rss in smaps_rollup"))
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_exact_to_a_hundredth() {
        for latency in [1, 127, 128, 255, 256, 1000, 123_456, 70_000_000, 9_000_000_000] {
            let mut latencies = Latencies::new();
            latencies.add(latency);
            let found = latencies.quantile(0.5) * 1e3;
            let error = (found - latency as f64).abs() / latency as f64;
            assert!(error < 0.01 || latency < 100, "{latency}: {found}");
        }
        let mut latencies = Latencies::new();
        (1..=1000).for_each(|millisecond| latencies.add(millisecond * 1_000_000));
        assert!((latencies.quantile(0.5) / 1e3 - 500.0).abs() < 5.0);
        assert!((latencies.quantile(0.99) / 1e3 - 990.0).abs() < 10.0);
    }
}
