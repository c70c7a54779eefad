//! The machine: its cores, the resources that a process uses, and a server as a process on its own cores.

use std::{
    env, fs, io,
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use crate::{load::Target, servers::Server};

/// The unit of CPU time in `/proc/<pid>/stat`, a hundredth of a second on every Linux that Rust runs on.
const TICK: Duration = Duration::from_millis(10);

/// How long a server may take to open its port.
const STARTING: Duration = Duration::from_secs(10);

/// Returns the cores that this process may run on.
#[must_use]
pub fn allowed_cores() -> Vec<usize> {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let allowed = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
    let ranges = allowed.unwrap_or_default().trim().split(',').filter_map(|range| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        Some(first.parse().ok()?..=last.parse().ok()?)
    });
    ranges.flatten().collect()
}

/// Returns the CPU time that a process has used.
pub(crate) fn cpu_time(pid: u32) -> Option<Duration> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field is the program's name in parentheses, which may contain anything.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_whitespace().skip(11).map_while(|ticks| ticks.parse::<u32>().ok());
    Some(TICK * (times.next()? + times.next()?))
}

/// Returns the memory that a process uses.
pub(crate) fn resident_bytes(pid: u32) -> io::Result<u64> {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
    let kib = rollup.lines().find_map(|line| line.strip_prefix("Rss:")?.trim().strip_suffix(" kB"));
    let kib = kib.and_then(|kib| kib.parse::<u64>().ok()).ok_or(io::ErrorKind::InvalidData)?;
    Ok(kib * 1024)
}

/// Returns how many files this process may have open.
#[must_use]
pub fn open_files() -> Option<usize> {
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    let limit = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    limit.split_whitespace().next()?.parse().ok()
}

/// A server that runs as a process until this value is dropped.
#[derive(Debug)]
pub struct ServerProcess {
    child: Child,
    address: SocketAddr,
}

impl ServerProcess {
    /// Starts this program again as one of its servers. `cores` is a list in the syntax of `taskset`.
    ///
    /// # Errors
    ///
    /// Fails if the program cannot be started, or opens no port.
    pub fn start(server: Server, workers: usize, cores: Option<&str>) -> io::Result<Self> {
        let program = env::current_exe()?;
        let mut command = match cores {
            Some(cores) => {
                let mut command = Command::new("taskset");
                command.args(["-c", cores]).arg(program);
                command
            }
            None => Command::new(program),
        };
        // This port was free a moment ago.
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        command.args(["serve", server.name(), &address.port().to_string(), &workers.to_string()]);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn()?;
        let mut process = Self { child, address };
        process.wait_for_port()?;
        Ok(process)
    }

    /// Returns the address of the server.
    #[must_use]
    pub fn target(&self) -> Target {
        Target { address: self.address, pid: self.child.id() }
    }

    fn wait_for_port(&mut self) -> io::Result<()> {
        let begin = Instant::now();
        while TcpStream::connect(self.address).is_err() {
            if self.child.try_wait()?.is_some() || begin.elapsed() > STARTING {
                return Err(io::Error::other("the server does not start"));
            }
            sleep(Duration::from_millis(5));
        }
        Ok(())
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
