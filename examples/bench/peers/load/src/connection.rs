//! A connection with messages in flight.

use std::io::{self, ErrorKind, Write};

use mio::{Interest, Registry, Token, net::TcpStream};

use crate::{
    deflate::Agreement,
    messages::Messages,
    options::Options,
    receiver::Receiver,
    wire::{open, read_some},
};

pub(crate) struct Connection {
    stream: TcpStream,
    /// The number of the next message to send.
    next: usize,
    /// Where the due bytes begin in the frames, and how many there are.
    offset: usize,
    due: usize,
    /// Control frames, which are sent when no other frame has been started.
    control: Vec<u8>,
    pub(crate) receiver: Receiver,
}

impl Connection {
    /// Opens a connection and learns what the server agrees to, so that messages can be made for it.
    pub(crate) fn probe(options: &Options, path: &str) -> io::Result<Option<Agreement>> {
        open(options.address, path, options.offer).map(|(_stream, agreement)| agreement)
    }

    /// Opens a connection that sends and receives the messages from `first` on, and is `index` in the poll.
    pub(crate) fn open(
        options: &Options,
        path: &str,
        (index, registry): (usize, &Registry),
        (first, messages): (usize, &Messages),
        is_exact: bool,
    ) -> io::Result<Self> {
        let (stream, _agreement) = open(options.address, path, options.offer)?;
        stream.set_nonblocking(true)?;
        let mut stream = TcpStream::from_std(stream);
        registry.register(&mut stream, Token(index), Interest::READABLE | Interest::WRITABLE)?;
        Ok(Self {
            stream,
            next: first,
            offset: messages.offset(first),
            due: 0,
            control: Vec::new(),
            receiver: Receiver::new(first, is_exact),
        })
    }

    /// Makes the next messages due.
    pub(crate) fn queue(&mut self, count: usize, messages: &Messages) {
        self.due += messages.length(self.next, count);
        self.next += count;
    }

    /// Bytes of messages that are still to be written.
    pub(crate) fn due(&self) -> usize {
        self.due
    }

    /// Reads once, and returns how many bytes arrived and how many messages they complete. Returns `None` when there is nothing
    /// to read.
    pub(crate) fn receive(
        &mut self,
        buffer: &mut [u8],
        messages: &Messages,
    ) -> io::Result<Option<(usize, usize)>> {
        let Some(read) = read_some(&mut self.stream, buffer)? else { return Ok(None) };
        let received = self.receiver.feed(&buffer[..read], messages)?;
        Ok(Some((read, received)))
    }

    /// Writes due bytes until the socket is full.
    pub(crate) fn flush(&mut self, messages: &Messages) -> io::Result<()> {
        loop {
            let is_control = !self.control.is_empty();
            let bytes = if is_control { &self.control } else { messages.bytes(self.offset, self.due) };
            if bytes.is_empty() {
                self.control = self.receiver.take_pongs();
                if self.control.is_empty() {
                    return Ok(());
                }
                continue;
            }
            let written = match self.stream.write(bytes) {
                Ok(written) => written,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            };
            if is_control {
                self.control.drain(..written);
            } else {
                self.due -= written;
                self.offset = messages.advance(self.offset, written);
            }
        }
    }
}
