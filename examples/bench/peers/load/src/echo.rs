//! Echo: every connection always has a fixed number of messages in flight.

use std::{collections::VecDeque, io, time::Duration};

use crate::{
    Turns,
    connection::Connection,
    messages::Messages,
    meter::{Figures, Meter, Reactor},
    options::Options,
    receiver::Counts,
    wire::PATIENCE,
};

/// One of this many connections inflates what it receives, and compares all of it.
const SAMPLE: usize = 16;

pub(crate) struct Echo {
    pid: Option<u32>,
    depth: usize,
    messages: Messages,
    reactor: Reactor,
    clients: Vec<Client>,
    buffer: Vec<u8>,
}

struct Client {
    connection: Connection,
    /// When the messages that are in flight were sent.
    sent: VecDeque<u64>,
}

impl Echo {
    pub(crate) fn open(options: &Options) -> io::Result<Self> {
        let path = "/echo";
        let messages = Messages::for_echo(options, Connection::probe(options, path)?)?;
        let reactor = Reactor::new()?;
        let clients = (0..options.connections)
            .map(|index| {
                // Compressed messages must be inflated to be compared, which only a few connections do.
                let is_exact = options.offer.is_none() || index % SAMPLE == 0;
                let place = (index, reactor.poll.registry());
                // The connections do not all send the same message at the same time.
                let first = index * 7;
                let connection = Connection::open(options, path, place, (first, &messages), is_exact)?;
                Ok(Client { connection, sent: VecDeque::with_capacity(options.depth) })
            })
            .collect::<io::Result<Vec<_>>>()?;
        let buffer = vec![0; 256 << 10];
        Ok(Self { pid: options.pid, depth: options.depth, messages, reactor, clients, buffer })
    }

    /// The total of what came back.
    fn counts(&self) -> Counts {
        let mut total = Counts::default();
        for client in &self.clients {
            total.add(client.connection.receiver.counts);
        }
        total
    }
}

impl Turns for Echo {
    fn turn(&mut self, length: Duration) -> io::Result<Figures> {
        let before = self.counts();
        let (mut reads, mut in_flight) = (0_u64, self.depth * self.clients.len());
        let mut meter = Meter::start(&mut self.reactor, self.pid, length);
        let start = self.reactor.time();
        for client in &mut self.clients {
            client.send(self.depth, self.reactor.time(), &self.messages)?;
        }
        while in_flight > 0 {
            self.reactor.turn()?;
            if self.reactor.is_stuck(start, length + PATIENCE) {
                return Err(io::Error::other(format!("{in_flight} echoes did not come")));
            }
            let goes_on = !meter.is_over(&self.reactor);
            for event in &self.reactor.events {
                let client = &mut self.clients[event.token().0];
                client.connection.flush(&self.messages)?;
                while let Some((read, echoes)) =
                    client.connection.receive(&mut self.buffer, &self.messages)?
                {
                    let now = self.reactor.time();
                    reads += 1;
                    meter.count += echoes as u64;
                    for sent in client.sent.drain(..echoes) {
                        meter.latencies.add(now - sent);
                    }
                    if goes_on {
                        client.send(echoes, now, &self.messages)?;
                    } else {
                        in_flight -= echoes;
                    }
                    if read < self.buffer.len() {
                        // The socket is empty; bytes that arrive now cause a new event.
                        break;
                    }
                }
                // A ping may have arrived.
                client.connection.flush(&self.messages)?;
            }
        }
        let mut figures = meter.figures(&self.reactor);
        figures.add("replies_per_read", meter.count as f64 / reads as f64);
        self.counts().since(before).report(&mut figures);
        Ok(figures)
    }
}

impl Client {
    fn send(&mut self, count: usize, now: u64, messages: &Messages) -> io::Result<()> {
        self.sent.extend(std::iter::repeat_n(now, count));
        self.connection.queue(count, messages);
        self.connection.flush(messages)
    }
}
