//! [`Faults`]: what breaks, and when.

use std::{collections::BTreeMap, fmt, time::Duration};

use tokio::time::{Instant, sleep_until};

use crate::{Failure, line::Line, options::Options, process::Process, redis::Redis};

pub(crate) struct Faults<'a> {
    random: fastrand::Rng,
    /// What may break, as often as it is likely.
    kinds: Vec<Kind>,
    redis: &'a mut Redis,
    processes: &'a mut [Process],
    clients: &'a [Line],
    /// What is to be mended. The second number keeps two of the same time apart.
    mends: BTreeMap<(Instant, u64), Mend>,
    count: u64,
    counts: Counts,
    redis_broken: bool,
    broken: Vec<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// The connection of a client is reset.
    Reset,
    /// A process is killed, and starts anew.
    Kill,
    /// A process is stopped for a time.
    Stop,
    /// A process and Redis do not reach one another for a time.
    Partition,
    /// Redis is stopped for five seconds.
    RedisStop,
    /// The connection of a process to Redis is reset.
    RedisCut,
    /// Redis is killed, and starts with its data.
    RedisRestart,
    /// Redis is killed, and starts without its data.
    RedisEmpty,
}

/// The kinds by their names, and how likely they are.
const KINDS: [(&str, Kind, usize); 8] = [
    ("reset", Kind::Reset, 24),
    ("kill", Kind::Kill, 3),
    ("stop", Kind::Stop, 2),
    ("partition", Kind::Partition, 3),
    ("redis-stop", Kind::RedisStop, 1),
    ("redis-cut", Kind::RedisCut, 3),
    ("redis-restart", Kind::RedisRestart, 2),
    ("redis-empty", Kind::RedisEmpty, 1),
];

enum Mend {
    Start(usize),
    Continue(usize),
    Join(usize, bool),
    RedisContinue,
    RedisStart(bool),
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Counts(BTreeMap<Kind, u64>);

impl<'a> Faults<'a> {
    pub(crate) fn new(
        options: &Options,
        redis: &'a mut Redis,
        processes: &'a mut [Process],
        clients: &'a [Line],
    ) -> Self {
        let is_chosen =
            |name: &str| options.only.as_ref().is_none_or(|only| only.iter().any(|only| only == name));
        let chosen = KINDS.iter().filter(|(name, ..)| is_chosen(name));
        let kinds = chosen.flat_map(|(_, kind, weight)| std::iter::repeat_n(*kind, *weight)).collect();
        Self {
            random: fastrand::Rng::with_seed(options.seed),
            kinds,
            redis,
            broken: vec![false; processes.len()],
            processes,
            clients,
            mends: BTreeMap::new(),
            count: 0,
            counts: Counts::default(),
            redis_broken: false,
        }
    }

    pub(crate) fn counts(&self) -> Counts {
        self.counts.clone()
    }

    /// Breaks something from time to time, and mends everything in the end.
    pub(crate) async fn run(&mut self, time: Duration) -> Result<(), Failure> {
        let end = Instant::now() + time;
        let mut next = Instant::now() + Duration::from_secs(1);
        loop {
            if let Some((&(at, number), _)) = self.mends.first_key_value()
                && (at <= next || next >= end)
            {
                sleep_until(at).await;
                if let Some(mend) = self.mends.remove(&(at, number)) {
                    self.mend(mend).await?;
                }
                continue;
            }
            if next >= end {
                return Ok(());
            }
            sleep_until(next).await;
            if let Some(kind) = self.random.choice(&self.kinds).copied() {
                self.happen(kind).await?;
            }
            next = Instant::now() + Duration::from_millis(self.random.u64(20..600));
        }
    }

    async fn happen(&mut self, kind: Kind) -> Result<(), Failure> {
        let process = self.random.usize(..self.processes.len());
        let client = self.random.usize(..self.clients.len());
        let pause = Duration::from_millis(self.random.u64(0..3000));
        let forwards = self.random.bool();
        let is_free = match kind {
            Kind::Reset | Kind::RedisCut => true,
            Kind::Kill | Kind::Stop | Kind::Partition => !self.broken[process],
            Kind::RedisStop | Kind::RedisRestart | Kind::RedisEmpty => !self.redis_broken,
        };
        if !is_free {
            return Ok(());
        }
        *self.counts.0.entry(kind).or_default() += 1;
        match kind {
            Kind::Reset => self.clients[client].cut(),
            Kind::RedisCut => self.processes[process].line().cut(),
            Kind::Kill => {
                self.processes[process].kill().await;
                self.mend_later(pause, Mend::Start(process));
            }
            Kind::Stop => {
                self.processes[process].runs().signal("STOP").await;
                self.mend_later(pause * 3, Mend::Continue(process));
            }
            Kind::Partition => {
                self.processes[process].line().stall(true);
                self.mend_later(pause * 3, Mend::Join(process, forwards));
            }
            Kind::RedisStop => {
                self.redis.runs().signal("STOP").await;
                self.mend_later(Duration::from_secs(5), Mend::RedisContinue);
            }
            Kind::RedisRestart | Kind::RedisEmpty => {
                self.redis.runs().kill().await;
                self.mend_later(pause, Mend::RedisStart(kind == Kind::RedisRestart));
            }
        }
        Ok(())
    }

    fn mend_later(&mut self, pause: Duration, mend: Mend) {
        match mend {
            Mend::Start(process) | Mend::Continue(process) | Mend::Join(process, _) => {
                self.broken[process] = true;
            }
            Mend::RedisContinue | Mend::RedisStart(_) => self.redis_broken = true,
        }
        self.count += 1;
        self.mends.insert((Instant::now() + pause, self.count), mend);
    }

    async fn mend(&mut self, mend: Mend) -> Result<(), Failure> {
        match mend {
            Mend::Start(process) => self.processes[process].restart().await?,
            Mend::Continue(process) => self.processes[process].runs().signal("CONT").await,
            Mend::Join(process, forwards) => {
                let line = self.processes[process].line();
                if !forwards {
                    line.cut();
                }
                line.stall(false);
            }
            Mend::RedisContinue => self.redis.runs().signal("CONT").await,
            Mend::RedisStart(with_data) => self.redis.restart(with_data).await?,
        }
        match mend {
            Mend::Start(process) | Mend::Continue(process) | Mend::Join(process, _) => {
                self.broken[process] = false;
            }
            Mend::RedisContinue | Mend::RedisStart(_) => self.redis_broken = false,
        }
        Ok(())
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("faults:")?;
        for (name, kind, _) in KINDS {
            write!(f, " {name} {}", self.0.get(&kind).unwrap_or(&0))?;
        }
        Ok(())
    }
}
