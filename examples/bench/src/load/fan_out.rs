//! Fan-out: one client publishes, and all others receive.

use std::{
    io::{self, Write},
    net::TcpStream,
    thread::sleep,
    time::Duration,
};

use mio::{Events, Interest, Poll, Token, net};

use super::{
    Figures, Settings, Target,
    meter::Meter,
    wire::{TEXT, frame, masked_frame, open, read_some, reset_when_dropped, text, unexpected},
};

/// How many messages the publisher may be ahead of the slowest receiver.
const WINDOW: usize = 8;

/// How long the server may take to add the last subscriber to the room after it has accepted it.
const JOINING: Duration = Duration::from_millis(100);

pub(super) fn measure(
    target: &Target,
    settings: &Settings,
    receivers: usize,
    size: usize,
) -> io::Result<Figures> {
    let payload = text(size);
    let (message, delivery) = (masked_frame(TEXT, &payload), frame(TEXT, &payload));
    let mut poll = Poll::new()?;
    let mut receivers = (0..receivers)
        .map(|index| {
            let mut stream = net::TcpStream::from_std(open_to_reset(target, "/room/ws")?);
            poll.registry().register(&mut stream, Token(index), Interest::READABLE)?;
            Ok(Receiver { stream, bytes: 0 })
        })
        .collect::<io::Result<Vec<_>>>()?;
    let mut publisher = open_to_reset(target, "/room/pub")?;
    sleep(JOINING);

    let messages = message.repeat(WINDOW);
    let mut progress = Progress::new(receivers.len());
    let mut buffer = vec![0; 256 * 1024];
    let mut events = Events::with_capacity(receivers.len());
    let mut meter = Meter::start(target, settings);
    while meter.go_on()? {
        // So few bytes always fit into the socket's buffer, so a partial write is an error.
        let due = progress.publish();
        if due > 0 {
            publisher.write_all(&messages[..due * message.len()])?;
        }
        // The load does not sleep, because the server's send would pay for waking it.
        poll.poll(&mut events, Some(Duration::ZERO))?;
        for event in &events {
            let receiver = &mut receivers[event.token().0];
            let before = receiver.bytes / delivery.len();
            receiver.receive(&mut buffer, delivery.len())?;
            let after = receiver.bytes / delivery.len();
            meter.add(after - before);
            (before..after).for_each(|message| progress.delivered(message));
        }
    }
    Ok(meter.figures())
}

fn open_to_reset(target: &Target, path: &str) -> io::Result<TcpStream> {
    let stream = open(target.address, path)?;
    reset_when_dropped(&stream)?;
    stream.set_nonblocking(true)?;
    Ok(stream)
}

struct Receiver {
    stream: net::TcpStream,
    /// The number of bytes that it has received.
    bytes: usize,
}

impl Receiver {
    fn receive(&mut self, buffer: &mut [u8], delivery: usize) -> io::Result<()> {
        while let Some(read) = read_some(&mut self.stream, buffer)? {
            let first = (delivery - self.bytes % delivery) % delivery;
            if buffer[..read].iter().skip(first).step_by(delivery).any(|byte| *byte != TEXT) {
                return Err(unexpected(&buffer[..read]));
            }
            self.bytes += read;
            if read < buffer.len() {
                break;
            }
        }
        Ok(())
    }
}

/// The progress of the messages.
struct Progress {
    receivers: usize,
    /// Messages that were published.
    published: usize,
    /// Messages that all receivers have.
    complete: usize,
    /// How many receivers still wait for each of the messages in between.
    missing: [usize; WINDOW],
}

impl Progress {
    fn new(receivers: usize) -> Self {
        Self { receivers, published: 0, complete: 0, missing: [receivers; WINDOW] }
    }

    /// Returns how many messages may be published now.
    fn publish(&mut self) -> usize {
        let due = self.complete + WINDOW - self.published;
        self.published += due;
        due
    }

    /// Records that a receiver has this message. Messages arrive in order, so all receivers have the earlier ones first.
    fn delivered(&mut self, message: usize) {
        let missing = &mut self.missing[message % WINDOW];
        *missing -= 1;
        if *missing == 0 {
            *missing = self.receivers;
            self.complete += 1;
        }
    }
}
