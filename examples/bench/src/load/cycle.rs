//! Connections that come and go: connect, one echo and close, or connect and be refused.

use std::{
    io::{self, Write},
    time::Duration,
};

use mio::{Events, Interest, Poll, Registry, Token, net::TcpStream};

use super::{
    Figures, Settings, Target,
    meter::Meter,
    wire::{
        CLOSE, TEXT, frame, is_accepted, masked_frame, read_some, request, reset_when_dropped, unexpected,
    },
};

/// How many connections are in progress at any time.
const SLOTS: usize = 32;

/// What the client does, and what it expects.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cycle {
    path: &'static str,
    end: End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    EchoAndClose,
    HttpError,
    CloseFrame,
}

pub(super) const CONNECT: Cycle = Cycle { path: "/items/5/ws?q=7", end: End::EchoAndClose };
pub(super) const REFUSE: Cycle = Cycle { path: "/items/5/ws?q=abc", end: End::HttpError };
pub(super) const REFUSE_BY_CLOSE: Cycle = Cycle { path: "/close/items/5/ws?q=abc", end: End::CloseFrame };

pub(super) fn measure(target: &Target, settings: &Settings, cycle: Cycle) -> io::Result<Figures> {
    let script = Script {
        end: cycle.end,
        request: request(cycle.path),
        message: masked_frame(TEXT, b"hello"),
        reply: frame(TEXT, b"hello"),
        close: masked_frame(CLOSE, &1000_u16.to_be_bytes()),
    };
    let mut poll = Poll::new()?;
    let mut slots = (0..SLOTS)
        .map(|index| Slot::connect(target, poll.registry(), index))
        .collect::<io::Result<Vec<_>>>()?;

    let mut events = Events::with_capacity(2 * SLOTS);
    let mut meter = Meter::start(target, settings);
    while meter.go_on()? {
        // The load does not sleep, because the server's send would pay for waking it.
        poll.poll(&mut events, Some(Duration::ZERO))?;
        for event in &events {
            let Token(index) = event.token();
            let slot = &mut slots[index];
            if slot.step == Step::Connect && event.is_writable() {
                slot.send(&script.request)?;
                slot.step = Step::Head;
            }
            if event.is_readable() && slot.advance(&script, event.is_read_closed())? {
                meter.add(1);
                *slot = Slot::connect(target, poll.registry(), index)?;
            }
        }
    }
    Ok(meter.figures())
}

/// What the client sends, and what it expects back.
struct Script {
    end: End,
    request: Vec<u8>,
    message: Vec<u8>,
    reply: Vec<u8>,
    close: Vec<u8>,
}

struct Slot {
    stream: TcpStream,
    step: Step,
    /// The received bytes that earlier steps have not used.
    received: Vec<u8>,
}

/// What the client waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Connect,
    Head,
    Echo,
    Close,
}

impl Slot {
    fn connect(target: &Target, registry: &Registry, index: usize) -> io::Result<Self> {
        let mut stream = TcpStream::connect(target.address)?;
        stream.set_nodelay(true)?;
        reset_when_dropped(&stream)?;
        registry.register(&mut stream, Token(index), Interest::READABLE | Interest::WRITABLE)?;
        Ok(Self { stream, step: Step::Connect, received: Vec::with_capacity(512) })
    }

    /// Writes. A few bytes always fit into the buffer of a socket that is empty.
    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Reads, and returns `true` if the cycle is complete.
    fn advance(&mut self, script: &Script, is_read_closed: bool) -> io::Result<bool> {
        let mut buffer = [0; 4096];
        loop {
            let Some(read) = read_some(&mut self.stream, &mut buffer)? else { return Ok(false) };
            self.received.extend_from_slice(&buffer[..read]);
            if self.take(script)? {
                return Ok(true);
            }
            // An end that is part of this event is not reported by another event.
            if read < buffer.len() && !is_read_closed {
                return Ok(false);
            }
        }
    }

    /// Continues with the received bytes, and returns `true` if the cycle is complete.
    fn take(&mut self, script: &Script) -> io::Result<bool> {
        if self.step == Step::Head {
            let Some(end) = self.received.windows(4).position(|window| window == b"\r\n\r\n") else {
                return Ok(false);
            };
            match (script.end, is_accepted(&self.received)) {
                (End::HttpError, false) if self.received.starts_with(b"HTTP/1.1 4") => return Ok(true),
                (End::EchoAndClose, true) => {
                    self.send(&script.message)?;
                    self.step = Step::Echo;
                }
                (End::CloseFrame, true) => self.step = Step::Close,
                _ => return Err(unexpected(&self.received)),
            }
            self.received.drain(..end + 4);
        }
        if self.step == Step::Echo && self.received.len() >= script.reply.len() {
            if self.received != script.reply {
                return Err(unexpected(&self.received));
            }
            self.received.clear();
            self.send(&script.close)?;
            self.step = Step::Close;
        }
        if self.step == Step::Close
            && let [opcode, length, payload @ ..] = self.received.as_slice()
        {
            if *opcode != CLOSE {
                return Err(unexpected(&self.received));
            }
            return Ok(payload.len() >= usize::from(*length));
        }
        Ok(false)
    }
}
