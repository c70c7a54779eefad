//! [`Process`]: a server as a process of its own, which reaches Redis through a line of its own.

use std::{
    env, fs,
    net::SocketAddr,
    path::PathBuf,
    process::Stdio,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::Command,
    time::timeout,
};

use crate::{Failure, line::Line, redis::Redis, runs::Runs};

/// The addresses of the processes that run.
#[derive(Debug, Default)]
pub(crate) struct Processes(Mutex<Vec<(usize, SocketAddr)>>);

impl Processes {
    /// Returns a function that chooses one of those that run.
    pub(crate) fn any(self: &Arc<Self>, seed: u64) -> impl Fn() -> Option<SocketAddr> + Send + 'static {
        let (processes, random) = (Arc::clone(self), Mutex::new(fastrand::Rng::with_seed(seed)));
        move || {
            let running = processes.0.lock().unwrap_or_else(PoisonError::into_inner);
            let mut random = random.lock().unwrap_or_else(PoisonError::into_inner);
            random.choice(running.iter()).map(|(_, addr)| *addr)
        }
    }

    fn set(&self, number: usize, addr: Option<SocketAddr>) {
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        running.retain(|(other, _)| *other != number);
        running.extend(addr.map(|addr| (number, addr)));
    }
}

pub(crate) struct Process {
    number: usize,
    seed: u64,
    /// How often it was started.
    starts: u64,
    runs: Runs,
    line: Line,
    log: PathBuf,
    running: Arc<Processes>,
}

impl Process {
    pub(crate) async fn start(
        number: usize,
        seed: u64,
        redis: &Redis,
        running: &Arc<Processes>,
    ) -> Result<Self, Failure> {
        let addr = redis.addr();
        let line = Line::lay(move || Some(addr)).await?;
        let log = redis.dir().join(format!("process-{number}.log"));
        let running = Arc::clone(running);
        let mut process = Self { number, seed, starts: 0, runs: Runs::default(), line, log, running };
        process.restart().await?;
        Ok(process)
    }

    pub(crate) fn line(&self) -> &Line {
        &self.line
    }

    pub(crate) async fn kill(&mut self) {
        self.running.set(self.number, None);
        self.runs.kill().await;
    }

    pub(crate) async fn restart(&mut self) -> Result<(), Failure> {
        self.kill().await;
        self.starts += 1;
        let name = format!("p{}.{}", self.number, self.starts);
        let log = fs::File::options().create(true).append(true).open(&self.log)?;
        let mut child = Command::new(env::current_exe()?)
            .args(["serve", &format!("redis://{}", self.line.addr()), &name])
            .arg(self.seed.wrapping_add(self.starts << 32).to_string())
            // It ends when this pipe does, so it does not outlive this program.
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()?;
        let output = child.stdout.take().ok_or("the output is piped")?;
        self.runs.started(child);
        let mut line = String::new();
        timeout(Duration::from_secs(10), BufReader::new(output).read_line(&mut line)).await??;
        self.running.set(self.number, Some(line.trim().parse()?));
        Ok(())
    }

    pub(crate) fn runs(&mut self) -> &mut Runs {
        &mut self.runs
    }
}
