//! The load: everything that is measured. It is one thread that polls without sleeping, and only counts bytes.

mod cycle;
mod echo;
mod fan_out;
mod idle;
mod meter;
mod wire;

use std::{io, net::SocketAddr, time::Duration};

use crate::servers::Server;

/// A workload that is measured.
#[derive(Debug)]
pub struct Work {
    /// Its name for `--only`.
    pub name: &'static str,
    /// Its description for the report.
    pub title: &'static str,
    /// What its figure counts.
    pub unit: Unit,
    run: fn(&Target, &Settings) -> io::Result<Figures>,
}

/// What a figure counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Operations per second; more is better.
    PerSecond,
    /// Bytes per connection; less is better.
    Bytes,
}

/// Everything that is measured, in the order of the report.
pub const WORKS: [Work; 8] = [
    Work {
        name: "echo-64x16",
        title: "echo, 64 connections, 16 messages of 64 B in flight each",
        unit: Unit::PerSecond,
        run: |target, settings| echo::measure(target, settings, 64, 16, 64),
    },
    Work {
        name: "echo-64x1",
        title: "echo, 64 connections, one message of 64 B in flight each",
        unit: Unit::PerSecond,
        run: |target, settings| echo::measure(target, settings, 64, 1, 64),
    },
    Work {
        name: "echo-16k",
        title: "echo, 16 connections, 4 messages of 16 KiB in flight each",
        unit: Unit::PerSecond,
        run: |target, settings| echo::measure(target, settings, 16, 4, 16 * 1024),
    },
    Work {
        name: "fan-out",
        title: "fan-out to 200 clients, messages of 64 B",
        unit: Unit::PerSecond,
        run: |target, settings| fan_out::measure(target, settings, 200, 64),
    },
    Work {
        name: "connect",
        title: "connect with three parameters, one echo, close",
        unit: Unit::PerSecond,
        run: |target, settings| cycle::measure(target, settings, cycle::CONNECT),
    },
    Work {
        name: "refuse",
        title: "refuse a malformed query, by HTTP",
        unit: Unit::PerSecond,
        run: |target, settings| cycle::measure(target, settings, cycle::REFUSE),
    },
    Work {
        name: "refuse-close",
        title: "refuse a malformed query, by a Close frame",
        unit: Unit::PerSecond,
        run: |target, settings| cycle::measure(target, settings, cycle::REFUSE_BY_CLOSE),
    },
    Work {
        name: "idle",
        title: "memory for each idle connection",
        unit: Unit::Bytes,
        run: |target, settings| idle::measure(target, settings),
    },
];

impl Work {
    /// Returns `true` if the server supports this workload.
    #[must_use]
    pub fn is_for(&self, server: Server) -> bool {
        // The others have no refusal whose reason a browser could read.
        self.name != "refuse-close" || server == Server::WsRuntime
    }

    /// Puts a server under this load.
    ///
    /// # Errors
    ///
    /// Fails if the server does not answer, answers something else, or closes a connection.
    pub fn measure(&self, target: &Target, settings: &Settings) -> io::Result<Figures> {
        (self.run)(target, settings)
    }
}

/// A running server.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// The address that it listens on.
    pub address: SocketAddr,
    /// Its process.
    pub pid: u32,
}

/// The extent of a measurement.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// The length of one measurement.
    pub duration: Duration,
    /// The number of idle connections.
    pub idle: usize,
}

/// The result of one measurement.
#[derive(Debug, Clone, Copy)]
pub struct Figures {
    /// The figure, in the unit of the workload.
    pub value: f64,
    /// Operations for each second of the server's CPU time, if the system reports it.
    pub per_cpu_second: Option<f64>,
}
