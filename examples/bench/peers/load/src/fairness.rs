//! Fairness: how long a client's echo takes beside others that send as much as the server takes.

use std::{
    io,
    time::{Duration, Instant},
};

use crate::{
    connection::Connection,
    messages::Messages,
    meter::{Figures, Meter, Reactor},
    options::Options,
    payload::Random,
};

/// How many bytes of messages are ready to be sent on a connection that floods.
const BURST: usize = 64 << 10;

/// The longest pause between two messages of the bystander, in microseconds. Pauses vary, so that messages arrive at any moment.
const PAUSE: u64 = 1000;

/// How long an echo may take before the server is said to have stopped.
const STUCK: Duration = Duration::from_secs(20);

pub(crate) fn measure(options: &Options) -> io::Result<Figures> {
    let frame = Messages::for_echo(options, None)?.length(0, 1);
    // This many messages make a burst.
    let burst = BURST / frame + 1;
    let messages = Messages::for_echo(&Options { depth: burst, ..options.clone() }, None)?;
    let mut reactor = Reactor::new()?;
    let registry = reactor.poll.registry();
    let open = |index| Connection::open(options, "/echo", (index, registry), (0, &messages), true);
    let mut floods = (0..options.connections).map(open).collect::<io::Result<Vec<_>>>()?;
    let mut bystander = Bystander::new(open(floods.len())?);
    let mut buffer = vec![0; BURST];

    let warm = Meter::start(&mut reactor, None, options.warm_up);
    let mut meter = None;
    loop {
        // The sockets are tried in turns, without asking which of them are ready: a flood always is, and the
        // bystander must not wait for more than one of them.
        reactor.turn()?;
        for flood in &mut floods {
            if flood.due() < BURST / 2 {
                flood.queue(burst, &messages);
            }
            flood.flush(&messages)?;
            let echoes = flood.receive(&mut buffer, &messages)?.map_or(0, |(_read, echoes)| echoes);
            if let Some(Meter { count, .. }) = &mut meter {
                *count += echoes as u64;
            }
            let latency = bystander.turn(&mut buffer, &messages)?;
            if let (Some(latency), Some(Meter { latencies, .. })) = (latency, &mut meter) {
                latencies.add(latency);
            }
        }
        match &meter {
            None if warm.is_over(&reactor) => {
                meter = Some(Meter::start(&mut reactor, options.pid, options.duration));
            }
            // A last echo that takes long must be included.
            Some(meter) if meter.is_over(&reactor) && bystander.sent.is_none() => {
                let mut figures = meter.figures(&reactor);
                figures.add("echoes", meter.latencies.count() as f64);
                return Ok(figures);
            }
            _ => {}
        }
    }
}

/// The client that has only one message in flight.
struct Bystander {
    connection: Connection,
    random: Random,
    sent: Option<Instant>,
    /// When it sends again.
    next: Instant,
}

impl Bystander {
    fn new(connection: Connection) -> Self {
        Self { connection, random: Random(0), sent: None, next: Instant::now() }
    }

    /// Sends or receives what is due, and returns how long an echo took, in nanoseconds, if one has arrived.
    fn turn(&mut self, buffer: &mut [u8], messages: &Messages) -> io::Result<Option<u64>> {
        let now = Instant::now();
        let Some(sent) = self.sent else {
            if now >= self.next {
                self.connection.queue(1, messages);
                self.connection.flush(messages)?;
                self.sent = Some(now);
            }
            return Ok(None);
        };
        let received = self.connection.receive(buffer, messages)?;
        let elapsed = sent.elapsed();
        if received.is_none_or(|(_read, echoes)| echoes == 0) {
            let is_stuck = elapsed > STUCK;
            return if is_stuck { Err(io::Error::other("an echo did not come")) } else { Ok(None) };
        }
        self.sent = None;
        self.next = Instant::now() + Duration::from_micros(self.random.below(PAUSE));
        Ok(u64::try_from(elapsed.as_nanos()).ok())
    }
}
