//! Idle connections: how much memory each of them takes in the server.

use std::{io, thread::sleep, time::Duration};

use super::{
    Figures, Settings, Target,
    wire::{TEXT, echo_once, frame, masked_frame, open, reset_when_dropped, text},
};
use crate::machine::resident_bytes;

/// The first connections, which include everything that is allocated only once.
const FIRST: usize = 32;

/// How long the server has to become idle.
const REST: Duration = Duration::from_millis(300);

pub(super) fn measure(target: &Target, settings: &Settings) -> io::Result<Figures> {
    let payload = text(64);
    let (message, reply) = (masked_frame(TEXT, &payload), frame(TEXT, &payload));
    let open_many = |count: usize| {
        let open_one = |_| {
            let mut stream = open(target.address, "/echo")?;
            echo_once(&mut stream, &message, &reply)?;
            reset_when_dropped(&stream)?;
            Ok(stream)
        };
        let streams = (0..count).map(open_one).collect::<io::Result<Vec<_>>>();
        sleep(REST);
        streams
    };
    let _first = open_many(FIRST)?;
    let before = resident_bytes(target.pid)?;
    let _streams = open_many(settings.idle)?;
    let after = resident_bytes(target.pid)?;
    // Neither number is close to 2^53.
    #[allow(clippy::cast_precision_loss)]
    let value = after.saturating_sub(before) as f64 / settings.idle as f64;
    Ok(Figures { value, per_cpu_second: None })
}
