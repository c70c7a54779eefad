//! Echo: every connection always has a fixed number of messages in flight.

use std::{
    io::{self, Write},
    time::Duration,
};

use mio::{Events, Interest, Poll, Token, net::TcpStream};

use super::{
    Figures, Settings, Target,
    meter::Meter,
    wire::{TEXT, echo_once, frame, masked_frame, open, read_some, reset_when_dropped, text, unexpected},
};

pub(super) fn measure(
    target: &Target,
    settings: &Settings,
    connections: usize,
    in_flight: usize,
    size: usize,
) -> io::Result<Figures> {
    let payload = text(size);
    let (message, reply) = (masked_frame(TEXT, &payload), frame(TEXT, &payload));
    let mut poll = Poll::new()?;
    let mut connections = (0..connections)
        .map(|index| {
            let mut stream = open(target.address, "/echo")?;
            echo_once(&mut stream, &message, &reply)?;
            reset_when_dropped(&stream)?;
            stream.set_nonblocking(true)?;
            let mut stream = TcpStream::from_std(stream);
            let interest = Interest::READABLE | Interest::WRITABLE;
            poll.registry().register(&mut stream, Token(index), interest)?;
            Ok(Connection { stream, due: in_flight * message.len(), offset: 0, received: 0 })
        })
        .collect::<io::Result<Vec<_>>>()?;

    let messages = message.repeat(in_flight + 1);
    let mut buffer = vec![0; 256 * 1024];
    let mut events = Events::with_capacity(connections.len());
    let mut meter = Meter::start(target, settings);
    while meter.go_on()? {
        // The load does not sleep, because the server's send would pay for waking it.
        poll.poll(&mut events, Some(Duration::ZERO))?;
        for event in &events {
            let connection = &mut connections[event.token().0];
            let replies = connection.receive(&mut buffer, reply.len())?;
            meter.add(replies);
            connection.due += replies * message.len();
            connection.send(&messages, message.len())?;
        }
    }
    Ok(meter.figures())
}

struct Connection {
    stream: TcpStream,
    /// Bytes that are still to be sent.
    due: usize,
    /// How much of the first due message has been sent already.
    offset: usize,
    /// How much of a reply has arrived.
    received: usize,
}

impl Connection {
    /// Counts the complete replies.
    fn receive(&mut self, buffer: &mut [u8], reply: usize) -> io::Result<usize> {
        let mut replies = 0;
        while let Some(read) = read_some(&mut self.stream, buffer)? {
            // A frame of another kind or length puts other bytes where replies must begin.
            let first = (reply - self.received) % reply;
            if buffer[..read].iter().skip(first).step_by(reply).any(|byte| *byte != TEXT) {
                return Err(unexpected(&buffer[..read]));
            }
            let received = self.received + read;
            replies += received / reply;
            self.received = received % reply;
            if read < buffer.len() {
                // The socket is empty; bytes that arrive now cause a new event.
                break;
            }
        }
        Ok(replies)
    }

    /// Sends due messages until the socket is full. `messages` is one message, repeated.
    fn send(&mut self, messages: &[u8], message: usize) -> io::Result<()> {
        while self.due > 0 {
            let end = messages.len().min(self.offset + self.due);
            match self.stream.write(&messages[self.offset..end]) {
                Ok(written) => {
                    self.due -= written;
                    self.offset = (self.offset + written) % message;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
