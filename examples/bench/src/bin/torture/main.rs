//! Breaks everything around rooms that remember, and counts what clients miss.
//!
//! ```sh
//! cargo run --release -p bench --bin torture -- --seconds 600 --seed 1
//! ```
//!
//! Servers in several processes speak in rooms on one Redis, and clients follow them: those of `ws_runtime::client`, and others
//! that keep their positions by themselves. Meanwhile clients are reset; processes are killed, stopped, and cut off from Redis;
//! and Redis is stopped, and killed with and without its data. Each client checks that it receives each message of an epoch once
//! and in order, or that it is told that messages are lost.
//!
//! It needs Linux and `redis-server`. The last line of the output is `gaps G duplicates D reordered R recovered N lost-told L`,
//! and the exit status is 0 only if G, D and R are 0.

mod check;
mod client;
mod faults;
mod line;
mod options;
mod process;
mod raw;
mod redis;
mod runs;
mod serve;

use std::{env, error::Error, process::ExitCode, sync::Arc, time::Duration};

use tokio::{
    signal::unix::{SignalKind, signal},
    task::JoinSet,
};

use check::Tally;
use faults::Faults;
use line::Line;
use options::Options;
use process::{Process, Processes};
use redis::Redis;

type Failure = Box<dyn Error + Send + Sync>;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let [command, url, name, seed] = arguments.as_slice()
        && command == "serve"
    {
        return finish(serve::run(url, name, seed).await);
    }
    match Options::parse(&arguments) {
        Ok(options) => finish(torture(&options).await),
        Err(usage) => {
            eprintln!("{usage}");
            ExitCode::FAILURE
        }
    }
}

fn finish(result: Result<bool, Failure>) -> ExitCode {
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs until the time is over or a signal comes. The children are ended in every case: when they are dropped at the latest.
async fn torture(options: &Options) -> Result<bool, Failure> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let mut redis = Redis::start().await?;
    let processes = Arc::new(Processes::default());
    let mut children = Vec::new();
    for number in 0..options.processes {
        children.push(Process::start(number, options.seed, &redis, &processes).await?);
    }
    let tally = Arc::new(Tally::default());
    let (mut clients, mut lines) = (JoinSet::new(), Vec::new());
    for number in 0..options.clients {
        let line = Line::lay(processes.any(options.seed.wrapping_add(number as u64))).await?;
        let (name, room) = (format!("c{number}"), format!("room{}", number % options.rooms));
        let target = format!("{}/{room}/{name}", line.addr());
        lines.push(line);
        if number % 3 == 0 {
            clients.spawn(raw::follow(target, name, Arc::clone(&tally)));
        } else {
            clients.spawn(client::follow(target, name, Arc::clone(&tally)));
        }
    }
    let mut faults = Faults::new(options, &mut redis, &mut children, &lines);
    let broke = tokio::select! {
        broke = faults.run(Duration::from_secs(options.seconds)) => broke,
        _ = interrupt.recv() => Err("interrupted".into()),
        _ = terminate.recv() => Err("terminated".into()),
    };
    let counts = faults.counts();
    broke?;
    tokio::select! {
        () = tally.settle(options.clients) => {}
        _ = interrupt.recv() => return Err("interrupted".into()),
        _ = terminate.recv() => return Err("terminated".into()),
    }
    clients.shutdown().await;
    let peaks: Vec<u64> = children.iter_mut().map(|child| child.runs().peak()).collect();
    let redis_peak = redis.runs().peak();
    for mut child in children {
        child.runs().end().await;
    }
    redis.runs().end().await;
    println!("{counts}");
    println!("messages received {}, of these missed before {}", tally.messages(), tally.missed());
    println!("connections closed for a newer one of the same client {}", tally.replacements());
    println!(
        "memory at most: {} MiB for a server, {} MiB for Redis",
        peaks.iter().max().unwrap_or(&0) / 1024,
        redis_peak / 1024
    );
    println!("{tally}");
    Ok(tally.is_clean())
}
