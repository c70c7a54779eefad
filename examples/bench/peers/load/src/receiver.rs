//! Reads what a server sends on one connection, in any pieces, and compares it with what is expected.

use std::io;

use crate::{
    deflate::Inflater,
    messages::Messages,
    meter::Figures,
    wire::{CLOSE, CONTINUATION, FIN, Header, PING, PONG, RSV1, masked_frame, unexpected},
};

/// How much of a message is compared if not all of it is. This is more than the number at the start of letters for a room.
const START: usize = 16;

pub(crate) struct Receiver {
    /// The number of the next message.
    next: usize,
    /// Set if messages are compared to their last byte. Otherwise, compressed ones are only counted.
    is_exact: bool,
    inflater: Inflater,
    /// The part of a frame's header that has arrived.
    header: Vec<u8>,
    frame: Option<Frame>,
    message: Option<Message>,
    /// The payload of a control frame.
    control: Vec<u8>,
    /// Pongs that are due.
    pongs: Vec<u8>,
    pub(crate) counts: Counts,
}

/// The totals of what has arrived.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counts {
    pub(crate) messages: u64,
    pub(crate) compressed: u64,
    /// Bytes of payload on the wire.
    pub(crate) bytes: u64,
}

impl Counts {
    pub(crate) fn add(&mut self, other: Self) {
        self.messages += other.messages;
        self.compressed += other.compressed;
        self.bytes += other.bytes;
    }

    /// Returns what arrived after `before`.
    pub(crate) fn since(self, before: Self) -> Self {
        Self {
            messages: self.messages - before.messages,
            compressed: self.compressed - before.compressed,
            bytes: self.bytes - before.bytes,
        }
    }

    pub(crate) fn report(self, figures: &mut Figures) {
        figures.add("compressed", self.compressed as f64 / self.messages as f64);
        figures.add("wire_bytes", self.bytes as f64 / self.messages as f64);
    }
}

struct Frame {
    first: u8,
    /// Bytes of payload that have not arrived yet.
    left: usize,
}

struct Message {
    is_compressed: bool,
    /// How much of it has arrived.
    length: usize,
}

impl Receiver {
    /// Creates a receiver of the messages from `first` on.
    pub(crate) fn new(first: usize, is_exact: bool) -> Self {
        Self {
            next: first,
            is_exact,
            inflater: Inflater::new(),
            header: Vec::with_capacity(Header::LONGEST),
            frame: None,
            message: None,
            control: Vec::new(),
            pongs: Vec::new(),
            counts: Counts::default(),
        }
    }

    /// Takes bytes from the wire, and returns how many messages they complete.
    pub(crate) fn feed(&mut self, mut bytes: &[u8], messages: &Messages) -> io::Result<usize> {
        let before = self.next;
        while !bytes.is_empty() {
            if self.frame.is_none() {
                bytes = self.begin(bytes, messages)?;
            }
            let Some(frame) = &mut self.frame else { continue };
            let (payload, rest) = bytes.split_at(frame.left.min(bytes.len()));
            frame.left -= payload.len();
            let (first, is_whole) = (frame.first, frame.left == 0);
            bytes = rest;
            self.take(first, payload, messages)?;
            if is_whole {
                self.frame = None;
                self.finish(first, messages)?;
            }
        }
        Ok(self.next - before)
    }

    /// Returns the pongs that are due, as frames.
    pub(crate) fn take_pongs(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.pongs)
    }

    /// Begins a frame if its header has arrived, and returns the bytes after it.
    fn begin<'a>(&mut self, bytes: &'a [u8], messages: &Messages) -> io::Result<&'a [u8]> {
        let missing = (Header::LONGEST - self.header.len()).min(bytes.len());
        let found = if self.header.is_empty() {
            Header::parse(bytes)?
        } else {
            self.header.extend_from_slice(&bytes[..missing]);
            Header::parse(&self.header)?
        };
        let Some(header) = found else {
            if self.header.is_empty() {
                self.header.extend_from_slice(&bytes[..missing]);
            }
            return Ok(&bytes[missing..]);
        };
        // The part of the header that arrived before these bytes is not in them.
        let kept = if self.header.is_empty() { 0 } else { self.header.len() - missing };
        self.header.clear();
        self.frame = Some(Frame { first: header.first, left: header.payload });
        let (opcode, is_compressed) = (header.first & 0x0f, header.first & RSV1 != 0);
        let fits = match opcode {
            CONTINUATION => self.message.is_some() && !is_compressed,
            PING | PONG | CLOSE => !is_compressed,
            _ => self.message.is_none() && opcode == messages.opcode(),
        };
        if !fits || header.first & 0x30 != 0 {
            return Err(unexpected(bytes));
        }
        if opcode == messages.opcode() {
            self.message = Some(Message { is_compressed, length: 0 });
        }
        Ok(&bytes[header.length - kept..])
    }

    fn take(&mut self, first: u8, payload: &[u8], messages: &Messages) -> io::Result<()> {
        let message = match &mut self.message {
            Some(message) if first & 0x08 == 0 => message,
            _ => {
                self.control.extend_from_slice(payload);
                return Ok(());
            }
        };
        let from = message.length;
        message.length += payload.len();
        self.counts.bytes += payload.len() as u64;
        if message.is_compressed {
            if self.is_exact {
                self.inflater.push(payload);
            }
            return Ok(());
        }
        let until = if self.is_exact { message.length } else { message.length.min(START.max(from)) };
        let expected = messages.payload(self.next).get(from..until);
        if expected == payload.get(..until - from) { Ok(()) } else { Err(unexpected(payload)) }
    }

    fn finish(&mut self, first: u8, messages: &Messages) -> io::Result<()> {
        match (first & 0x0f, self.message.take_if(|_| first & 0x08 == 0 && first & FIN != 0)) {
            (PING, _) => self.pongs.extend(masked_frame(FIN | PONG, &self.control)),
            (CLOSE, _) => {
                let code = self.control.first_chunk().map_or(1005, |code| u16::from_be_bytes(*code));
                return Err(io::Error::other(format!("the server closed the connection with {code}")));
            }
            (_, Some(message)) => {
                let expected = messages.payload(self.next);
                let is_expected = match (message.is_compressed, self.is_exact) {
                    (false, _) => message.length == expected.len(),
                    (true, true) => self.inflater.is(expected)?,
                    (true, false) => true,
                };
                if !is_expected {
                    return Err(io::Error::other("the server sent a wrong message"));
                }
                self.next += 1;
                self.counts.messages += 1;
                self.counts.compressed += u64::from(message.is_compressed);
            }
            _ => {}
        }
        self.control.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        deflate::{Agreement, compress},
        options::Options,
    };

    const AGREEMENT: Agreement = Agreement { window_bits: 15 };

    fn messages() -> Messages {
        let line = "echo --port 1 --payload json --size 300";
        let arguments: Vec<String> = line.split(' ').map(str::to_owned).collect();
        Messages::for_echo(&Options::parse(&arguments).unwrap(), None).unwrap()
    }

    /// Returns a frame as servers send it. None is so long here that its length takes 8 bytes.
    fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let length = u16::try_from(payload.len()).unwrap().to_be_bytes();
        let header =
            if payload.len() < 126 { vec![first, length[1]] } else { vec![first, 126, length[0], length[1]] };
        [header.as_slice(), payload].concat()
    }

    #[test]
    fn reads_messages_wherever_they_are_cut() {
        let messages = messages();
        let compressed = compress(messages.payload(1), AGREEMENT).unwrap();
        let (start, end) = messages.payload(2).split_at(100);
        let stream = [
            frame(0x81, messages.payload(0)),
            frame(0xc1, &compressed),
            frame(0x01, start),
            frame(0x89, b"are you there"),
            frame(0x00, b""),
            frame(0x80, end),
            frame(0x81, messages.payload(3)),
        ];
        let stream = stream.concat();
        for size in 1..=stream.len() {
            let mut receiver = Receiver::new(0, true);
            let complete =
                stream.chunks(size).map(|part| receiver.feed(part, &messages).unwrap()).sum::<usize>();
            assert_eq!((complete, receiver.counts.messages, receiver.counts.compressed), (4, 4, 1));
            assert_eq!(receiver.take_pongs(), masked_frame(0x8a, b"are you there"));
        }
    }

    #[test]
    fn refuses_what_is_not_the_next_message() {
        let messages = messages();
        let mut tail_is_wrong = messages.payload(0).to_vec();
        *tail_is_wrong.last_mut().unwrap() = b'!';
        let wrong = [
            frame(0x81, messages.payload(1)),
            frame(0x81, &messages.payload(0)[..299]),
            frame(0x81, &[messages.payload(0), b"!"].concat()),
            frame(0x81, &tail_is_wrong),
            frame(0xc1, &compress(messages.payload(1), AGREEMENT).unwrap()),
            frame(0x82, messages.payload(0)),
            frame(0x80, messages.payload(0)),
            frame(0x91, messages.payload(0)),
            frame(0x88, &1000_u16.to_be_bytes()),
        ];
        for frame in wrong {
            assert!(Receiver::new(0, true).feed(&frame, &messages).is_err(), "{:x}", frame[0]);
        }
    }

    #[test]
    fn tells_messages_from_one_another_by_their_start_where_it_looks_at_no_more() {
        let messages = messages();
        let mut tail_is_wrong = messages.payload(0).to_vec();
        *tail_is_wrong.last_mut().unwrap() = b'!';
        let feed = |payload: &[u8]| Receiver::new(0, false).feed(&frame(0x81, payload), &messages);
        assert_eq!(feed(&tail_is_wrong).unwrap(), 1);
        assert!(feed(&[b"{\"typ\"", &messages.payload(0)[6..]].concat()).is_err());
        assert!(feed(&messages.payload(0)[..200]).is_err());
    }
}
