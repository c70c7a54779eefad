//! Measures `ws-runtime` beside axum and tokio-tungstenite, on loopback, in one run: see `docs/benchmarks.md`.
//!
//! ```sh
//! cargo run --release -p bench               # about two and a half minutes
//! cargo run --release -p bench -- --quick    # about half a minute, and less exact
//! ```

use std::{
    env,
    error::Error,
    io,
    os::unix::process::CommandExt,
    process::{Command, ExitCode, Stdio},
    time::Duration,
};

use bench::{
    load::{Settings, WORKS, Work},
    machine::{ServerProcess, allowed_cores, open_files},
    report::Results,
    servers::Server,
};

const USAGE: &str = "\
usage: bench [OPTION]...
  --quick              short measurements, fewer idle connections
  --rounds N           measure every server so often, in turn (3)
  --seconds S          the length of one measurement (2)
  --idle N             idle connections (2000)
  --workers N          worker threads of each server (1)
  --only NAME,NAME     only these works
  --server-cores LIST  where servers run; this program runs where you put it";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<(), Box<dyn Error>> {
    if let [command, name, port, workers] = arguments
        && command == "serve"
    {
        let server = Server::ALL.into_iter().find(|server| server.name() == name).ok_or(USAGE)?;
        return server.run(port.parse()?, workers.parse()?);
    }
    if arguments.iter().any(|argument| argument == "--help") {
        println!("{USAGE}");
        return Ok(());
    }
    let mut options = Options::parse(arguments)?;
    if options.server_cores.is_none() && !options.unpinned {
        // This does not return if the system can pin processes.
        pin(arguments, options.workers)?;
    }
    if let Some(limit) = open_files() {
        // The server has about as many files open, and a few more.
        options.settings.idle = options.settings.idle.min(limit.saturating_sub(100));
    }
    let (results, failures) = measure(&options);
    print!("{}", results.to_markdown());
    if failures > 0 { Err(format!("{failures} measurements failed"))? } else { Ok(()) }
}

struct Options {
    settings: Settings,
    rounds: usize,
    workers: usize,
    only: Option<String>,
    server_cores: Option<String>,
    /// No program is available to pin with.
    unpinned: bool,
}

impl Options {
    fn parse(arguments: &[String]) -> Result<Self, Box<dyn Error>> {
        let mut options = Self {
            settings: Settings { duration: Duration::from_secs(2), idle: 2000 },
            rounds: 3,
            workers: 1,
            only: None,
            server_cores: None,
            unpinned: false,
        };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or(USAGE);
            match argument.as_str() {
                "--quick" => options.settings = Settings { duration: Duration::from_millis(300), idle: 500 },
                "--rounds" => options.rounds = value()?.parse()?,
                "--seconds" => options.settings.duration = Duration::try_from_secs_f64(value()?.parse()?)?,
                "--idle" => options.settings.idle = value()?.parse()?,
                "--workers" => options.workers = value()?.parse()?,
                "--only" => options.only = Some(value()?.clone()),
                "--server-cores" => options.server_cores = Some(value()?.clone()),
                "--unpinned" => options.unpinned = true,
                _ => return Err(USAGE.into()),
            }
        }
        Ok(options)
    }

    fn works(&self) -> impl Iterator<Item = &'static Work> {
        let is_chosen = |work: &&Work| {
            self.only.as_deref().is_none_or(|names| names.split(',').any(|name| name == work.name))
        };
        WORKS.iter().filter(is_chosen)
    }
}

/// Replaces this program by a new run of it: on the last core, with servers on the first ones, and with as many open files
/// as the system allows.
fn pin(arguments: &[String], workers: usize) -> io::Result<()> {
    let cores = allowed_cores();
    let has_taskset = Command::new("taskset").arg("-V").stdout(Stdio::null()).status().is_ok();
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -n \"$(ulimit -Hn)\" 2>/dev/null; exec \"$@\"", "sh"]);
    match cores.split_last() {
        Some((load, servers)) if has_taskset && !servers.is_empty() => {
            if servers.len() < workers {
                eprintln!("{workers} workers share {} cores", servers.len());
            }
            let servers: Vec<String> = servers.iter().take(workers).map(ToString::to_string).collect();
            command.args(["taskset", "-c", &load.to_string()]).arg(env::current_exe()?).args(arguments);
            command.args(["--server-cores", &servers.join(",")]);
        }
        _ => {
            eprintln!("nothing to pin with (`taskset`, and two cores): servers and load disturb one another");
            command.arg(env::current_exe()?).args(arguments).arg("--unpinned");
        }
    }
    Err(command.exec())
}

/// Measures everything, and counts the measurements that failed.
fn measure(options: &Options) -> (Results, usize) {
    let mut results = Results::default();
    let mut failures = 0;
    for round in 1..=options.rounds {
        for work in options.works() {
            // The servers take turns, so that the noise of the machine affects all of them.
            for server in Server::ALL.into_iter().filter(|server| work.is_for(*server)) {
                eprintln!("round {round} of {}: {}, {}", options.rounds, work.name, server.name());
                // Each measurement has a new process, so that none inherits the state of another.
                let figures = ServerProcess::start(server, options.workers, options.server_cores.as_deref())
                    .and_then(|process| work.measure(&process.target(), &options.settings));
                match figures {
                    Ok(figures) => results.add(work, server, figures),
                    Err(error) => {
                        eprintln!("failed: {error}");
                        failures += 1;
                    }
                }
            }
        }
    }
    (results, failures)
}
