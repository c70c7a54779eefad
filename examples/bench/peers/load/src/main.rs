//! Puts a WebSocket server under load and prints what it measured, as one line of JSON for each measurement.
//!
//! One thread polls without sleeping, so that the server has no work to wake it. It sends frames that were made beforehand and
//! examines replies inside the read buffer, so that the server stays the slower side.

mod connection;
mod cycle;
mod deflate;
mod echo;
mod fairness;
mod fan_out;
mod idle;
mod messages;
mod meter;
mod options;
mod payload;
mod receiver;
mod wire;

use std::{
    env,
    error::Error,
    io::{self, Write, stdin, stdout},
    process::ExitCode,
    time::Duration,
};

use cycle::Cycle;
use echo::Echo;
use fan_out::FanOut;
use meter::Figures;
use options::{Options, USAGE, Work};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let result = match Options::parse(&arguments) {
        Ok(options) => run(&options),
        Err(message) => Err(format!("{message}\n{USAGE}").into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    match options.work {
        Work::Echo => turns(&mut Echo::open(options)?, options),
        Work::FanOut => turns(&mut FanOut::open(options)?, options),
        Work::Connect | Work::Reject => turns(&mut Cycle::new(options), options),
        Work::Idle => print(&idle::measure(options)?),
        Work::Fairness => print(&fairness::measure(options)?),
    }
}

/// A load that can be applied repeatedly, and keeps its connections.
trait Turns {
    /// Puts the server under load for this long, waits for the answers that are still due, and measures all of it.
    fn turn(&mut self, length: Duration) -> io::Result<Figures>;
}

/// Runs one turn after a warm-up, or one for each line of the input, which contains its length in seconds.
fn turns(load: &mut impl Turns, options: &Options) -> Result<(), Box<dyn Error>> {
    if !options.turns {
        load.turn(options.warm_up)?;
        return print(&load.turn(options.duration)?);
    }
    for line in stdin().lines() {
        let length = Duration::try_from_secs_f64(line?.trim().parse()?)?;
        print(&load.turn(length)?)?;
    }
    Ok(())
}

fn print(figures: &Figures) -> Result<(), Box<dyn Error>> {
    println!("{figures}");
    Ok(stdout().flush()?)
}
