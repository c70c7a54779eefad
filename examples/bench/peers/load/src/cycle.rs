//! Connections that come and go: connect, one echo and close; or connect and be refused.

use std::{
    collections::BTreeMap,
    io::{self, ErrorKind, Write},
    time::Duration,
};

use mio::{Interest, Registry, Token, net::TcpStream};

use crate::{
    Turns,
    meter::{Figures, Latencies, Meter, Reactor},
    options::{Options, Work},
    wire::{
        CLOSE, FIN, Header, PATIENCE, TEXT, masked_frame, read_some, request, reset_when_dropped, unexpected,
    },
};

const HELLO: &[u8] = b"hello";

pub(crate) struct Cycle<'a> {
    options: &'a Options,
    /// How many cycles were started in total.
    begun: u64,
}

impl<'a> Cycle<'a> {
    pub(crate) fn new(options: &'a Options) -> Self {
        Self { options, begun: 0 }
    }

    fn begin(&mut self, registry: &Registry, index: usize, now: u64) -> io::Result<Slot> {
        self.begun += 1;
        let mut stream = TcpStream::connect(self.options.address)?;
        stream.set_nodelay(true)?;
        reset_when_dropped(&stream)?;
        registry.register(&mut stream, Token(index), Interest::READABLE | Interest::WRITABLE)?;
        let q = if self.is_refused() { "abc" } else { "7" };
        // The path differs each time, as it does between real clients.
        let request = request(&format!("/items/{}/ws?q={q}", self.begun % 10_000 + 1), self.options.offer);
        Ok(Slot { stream, request, step: Step::Connect, received: Vec::with_capacity(512), begun: now })
    }

    fn is_refused(&self) -> bool {
        self.options.work == Work::Reject
    }
}

impl Turns for Cycle<'_> {
    fn turn(&mut self, length: Duration) -> io::Result<Figures> {
        let script = Script {
            is_refused: self.is_refused(),
            message: masked_frame(FIN | TEXT, HELLO),
            close: masked_frame(FIN | CLOSE, &1000_u16.to_be_bytes()),
        };
        let mut reactor = Reactor::new()?;
        let mut meter = Meter::start(&mut reactor, self.options.pid, length);
        let start = reactor.time();
        let mut results = Results { handshakes: Latencies::new(), kinds: BTreeMap::new() };
        let slots = (0..self.options.connections).map(|index| {
            let slot = self.begin(reactor.poll.registry(), index, reactor.time())?;
            Ok(Some(slot))
        });
        let mut slots = slots.collect::<io::Result<Vec<_>>>()?;
        let mut open = slots.len();
        while open > 0 {
            reactor.turn()?;
            if reactor.is_stuck(start, length + PATIENCE) {
                return Err(io::Error::other(format!("{open} connections did not end")));
            }
            for event in &reactor.events {
                let index = event.token().0;
                let Some(slot) = &mut slots[index] else { continue };
                if slot.step == Step::Connect && event.is_writable() {
                    slot.stream.write_all(&slot.request)?;
                    slot.step = Step::Head;
                }
                let is_over = event.is_readable()
                    && slot.advance(&script, &mut results, event.is_read_closed(), &|| reactor.time())?;
                if !is_over {
                    continue;
                }
                let now = reactor.time();
                meter.count += 1;
                meter.latencies.add(now - slot.begun);
                slots[index] = if meter.is_over(&reactor) {
                    open -= 1;
                    None
                } else {
                    Some(self.begin(reactor.poll.registry(), index, now)?)
                };
            }
        }
        let mut figures = meter.figures(&reactor);
        figures.add_latencies("handshake_", &results.handshakes);
        for (kind, count) in results.kinds {
            figures.add(kind, count as f64);
        }
        Ok(figures)
    }
}

/// What is sent.
struct Script {
    is_refused: bool,
    message: Vec<u8>,
    close: Vec<u8>,
}

struct Results {
    handshakes: Latencies,
    /// How cycles ended.
    kinds: BTreeMap<String, u64>,
}

struct Slot {
    stream: TcpStream,
    request: Vec<u8>,
    step: Step,
    /// The received bytes that earlier steps have not used.
    received: Vec<u8>,
    begun: u64,
}

/// What the client waits for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Connect,
    Head,
    Echo,
    Close,
}

impl Slot {
    /// Reads, and returns `true` if the cycle is complete.
    fn advance(
        &mut self,
        script: &Script,
        results: &mut Results,
        is_read_closed: bool,
        time: &impl Fn() -> u64,
    ) -> io::Result<bool> {
        let mut buffer = [0; 4096];
        loop {
            match read_some(&mut self.stream, &mut buffer) {
                Ok(None) => return Ok(false),
                Ok(Some(read)) => {
                    self.received.extend_from_slice(&buffer[..read]);
                    if self.take(script, results, time)? {
                        return Ok(true);
                    }
                    // An end that is part of this event is not reported by another event.
                    if read < buffer.len() && !is_read_closed {
                        return Ok(false);
                    }
                }
                // A server may drop the connection when it has the client's Close.
                Err(error) if error.kind() == ErrorKind::UnexpectedEof && self.step == Step::Close => {
                    *results.kinds.entry("eof".to_owned()).or_default() += 1;
                    return Ok(true);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Continues with the received bytes, and returns `true` if the cycle is complete.
    fn take(&mut self, script: &Script, results: &mut Results, time: &impl Fn() -> u64) -> io::Result<bool> {
        if self.step == Step::Head {
            let Some(end) = self.received.windows(4).position(|window| window == b"\r\n\r\n") else {
                return Ok(false);
            };
            results.handshakes.add(time() - self.begun);
            let status = self.received.get(9..12).unwrap_or_default();
            if status != b"101" {
                if !script.is_refused || !status.starts_with(b"4") {
                    return Err(unexpected(&self.received));
                }
                let kind = format!("http_{}", String::from_utf8_lossy(status));
                *results.kinds.entry(kind).or_default() += 1;
                return Ok(true);
            }
            self.received.drain(..end + 4);
            if script.is_refused {
                self.step = Step::Close;
            } else {
                self.stream.write_all(&script.message)?;
                self.step = Step::Echo;
            }
        }
        while let Some(header) = Header::parse(&self.received)?
            && let Some(payload) = self.received.get(header.length..header.length + header.payload)
        {
            match (self.step, header.first) {
                (Step::Echo, 0x81) if payload == HELLO => {
                    self.stream.write_all(&script.close)?;
                    self.step = Step::Close;
                }
                (Step::Close, 0x88) => {
                    let code = payload.first_chunk().map_or(1005, |code| u16::from_be_bytes(*code));
                    *results.kinds.entry(format!("close_{code}")).or_default() += 1;
                    return Ok(true);
                }
                _ => return Err(unexpected(&self.received)),
            }
            self.received.drain(..header.length + header.payload);
        }
        Ok(false)
    }
}
