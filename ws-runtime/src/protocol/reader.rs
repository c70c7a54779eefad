//! [`Reader`]: turns bytes into messages.

use bytes::{Bytes, BytesMut};

use super::{
    LARGE, Role, Violation,
    close::parse_close,
    deflate::Inflater,
    frame::{Header, Opcode, Rules},
    mask::apply_mask,
    partial::Partial,
    read_buffer::ReadBuffer,
    utf8::check_beginning,
};
use crate::{Message, PeerClose, Utf8Bytes};

/// Takes the bytes that were read from the transport, and returns what the peer sent.
///
/// A frame that is a whole message is read where it lies. A small payload is copied from there, so that a message
/// which the user keeps does not keep the buffer. A large payload leaves the buffer as a slice. Only a message in
/// fragments, or a compressed one that is not complete yet, is assembled elsewhere.
pub(crate) struct Reader {
    role: Role,
    buffer: ReadBuffer,
    /// The frame whose header was taken and whose payload was not. It is boxed, as an idle connection has none.
    frame: Option<Box<Frame>>,
    /// The unfinished message.
    partial: Option<Box<Partial>>,
    /// The inflater, if compression was agreed on.
    inflater: Option<Box<Inflater>>,
}

/// Something that the peer sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Incoming {
    Message(Message),
    /// A ping, which must be answered with a pong of the same payload.
    Ping(Bytes),
    Pong(Bytes),
    /// A Close frame. Nothing follows it.
    Close(Option<PeerClose>),
}

/// The largest message and the largest frame that are accepted, in bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sizes {
    pub(crate) message: usize,
    pub(crate) frame: usize,
}

/// A frame whose payload is at the start of the buffer, up to the part that has arrived.
struct Frame {
    opcode: Opcode,
    fin: bool,
    mask: [u8; 4],
    /// How much of the payload is still to be taken, in bytes.
    length: usize,
    /// How much of the payload was already taken, in bytes.
    taken: usize,
    /// How much at the start of the buffer is unmasked, in bytes.
    unmasked: usize,
    /// How much at the start of the buffer is known to be valid text, in bytes.
    valid: usize,
}

/// The result of one step through the available bytes.
enum Step {
    Item(Incoming),
    /// A frame is done, and there is nothing to return yet.
    Next,
    /// More bytes have to arrive.
    More,
}

impl Reader {
    /// Creates a reader. `head` is what arrived after the opening handshake in the same segment.
    pub(crate) fn new(role: Role, head: Vec<u8>) -> Self {
        Self { role, buffer: ReadBuffer::new(head), frame: None, partial: None, inflater: None }
    }

    /// Makes the reader accept compressed messages too, if there is an inflater.
    pub(crate) fn with_inflater(self, inflater: Option<Box<Inflater>>) -> Self {
        Self { inflater, ..self }
    }

    /// Returns the room for the next read, after the data that is already there.
    pub(crate) fn room(&mut self) -> &mut BytesMut {
        let wanted = self.frame.as_ref().map_or(0, |frame| {
            if self.partial.is_some() { 0 } else { frame.length.saturating_sub(self.buffer.bytes().len()) }
        });
        self.buffer.room(wanted)
    }

    /// Returns how much of an unfinished message has arrived, in bytes, or `None` if there is none. Headers and
    /// control frames do not count.
    pub(crate) fn unfinished(&self) -> Option<usize> {
        match (&self.partial, &self.frame) {
            (Some(partial), _) => Some(partial.received()),
            (None, Some(frame)) if !frame.opcode.is_control() => Some(frame.unmasked),
            _ => None,
        }
    }

    /// Says that it may take a while until more data is read.
    pub(crate) fn settle(&mut self) {
        self.buffer.settle();
    }

    /// Returns the next item that the peer sent, or `None` if more bytes have to arrive. It must not be called again
    /// after a violation or a Close frame.
    pub(crate) fn next(&mut self, sizes: Sizes) -> Result<Option<Incoming>, Violation> {
        loop {
            let frame = match self.frame.take() {
                Some(frame) => *frame,
                None => match self.begin(sizes)? {
                    Some(frame) => frame,
                    None => return Ok(None),
                },
            };
            let step = if frame.opcode.is_control() {
                self.read_control(frame)?
            } else if self.partial.is_none() {
                self.read_message(frame)?
            } else {
                self.read_part(frame, sizes)?
            };
            match step {
                Step::Item(item) => return Ok(Some(item)),
                Step::Next => {}
                Step::More => return Ok(None),
            }
        }
    }

    /// Takes the header of the next frame, if it is complete.
    fn begin(&mut self, sizes: Sizes) -> Result<Option<Frame>, Violation> {
        let (deflate, unfinished) = (self.inflater.is_some(), self.partial.is_some());
        let rules = Rules { role: self.role, deflate, unfinished };
        let Some((header, size)) = Header::parse(self.buffer.bytes(), rules)? else { return Ok(None) };
        let length = self.check_size(&header, sizes)?;
        self.buffer.advance(size);
        if !header.opcode.is_control() && self.partial.is_none() && (header.compressed || !header.fin) {
            self.partial = Some(Box::new(Partial::new(header.opcode, header.compressed)));
        }
        let Header { opcode, fin, mask, .. } = header;
        Ok(Some(Frame { opcode, fin, mask, length, taken: 0, unmasked: 0, valid: 0 }))
    }

    /// Returns the length of the payload, if it is within the limits. This is checked before any of the payload is
    /// stored.
    fn check_size(&self, header: &Header, sizes: Sizes) -> Result<usize, Violation> {
        let length = usize::try_from(header.length).unwrap_or(usize::MAX);
        if header.opcode.is_control() {
            return Ok(length);
        }
        let before = self.partial.as_ref().map_or(0, |partial| partial.received());
        let compressed = self.partial.as_ref().map_or(header.compressed, |partial| partial.is_compressed());
        let Sizes { message, frame } = if compressed { sizes.compressed() } else { sizes };
        if length > frame {
            Err(Violation::TooBig(sizes.frame))
        } else if before.saturating_add(length) > message {
            Err(Violation::TooBig(sizes.message))
        } else {
            Ok(length)
        }
    }

    fn read_control(&mut self, frame: Frame) -> Result<Step, Violation> {
        let Some(payload) = self.buffer.bytes_mut().get_mut(..frame.length) else {
            self.frame = Some(Box::new(frame));
            return Ok(Step::More);
        };
        apply_mask(payload, frame.mask, 0);
        let item = match frame.opcode {
            Opcode::Ping => Incoming::Ping(Bytes::copy_from_slice(payload)),
            Opcode::Pong => Incoming::Pong(Bytes::copy_from_slice(payload)),
            _ => Incoming::Close(parse_close(payload)?),
        };
        self.buffer.advance(frame.length);
        Ok(Step::Item(item))
    }

    /// Reads a frame that is a whole message where it lies.
    fn read_message(&mut self, mut frame: Frame) -> Result<Step, Violation> {
        let here = frame.length.min(self.buffer.bytes().len());
        let payload = &mut self.buffer.bytes_mut()[..here];
        apply_mask(&mut payload[frame.unmasked..], frame.mask, frame.unmasked);
        if here < frame.length {
            frame.unmasked = here;
            if frame.opcode == Opcode::Text {
                frame.valid = check_beginning(payload, frame.valid)?;
            }
            self.frame = Some(Box::new(frame));
            return Ok(Step::More);
        }
        let message = if here < LARGE {
            let message = small_message(frame.opcode, payload)?;
            self.buffer.advance(here);
            message
        } else {
            large_message(frame.opcode, self.buffer.split_to(here))?
        };
        Ok(Step::Item(Incoming::Message(message)))
    }

    /// Reads the available part of a frame that belongs to a larger message.
    fn read_part(&mut self, mut frame: Frame, sizes: Sizes) -> Result<Step, Violation> {
        let Some(partial) = &mut self.partial else { return Ok(Step::Next) };
        let here = frame.length.min(self.buffer.bytes().len());
        let part = &mut self.buffer.bytes_mut()[..here];
        apply_mask(part, frame.mask, frame.taken);
        frame.taken += here;
        frame.length -= here;
        let last = frame.length == 0 && frame.fin;
        let message = partial.push(part, last, sizes.message, self.inflater.as_deref_mut())?;
        self.buffer.advance(here);
        if let Some(message) = message {
            self.partial = None;
            return Ok(Step::Item(Incoming::Message(message)));
        }
        if frame.length > 0 {
            self.frame = Some(Box::new(frame));
            return Ok(Step::More);
        }
        Ok(Step::Next)
    }
}

impl Sizes {
    /// Returns the limits for compressed data. Data that does not compress grows: the blocks of deflate that store it
    /// have headers, and a short message may be sent compressed even though it gets longer, for the benefit of later
    /// ones.
    fn compressed(self) -> Self {
        let more = |size: usize| size.saturating_add(size / 4 + 64);
        Self { message: more(self.message), frame: more(self.frame) }
    }
}

/// Creates a message by copying the payload.
pub(super) fn small_message(opcode: Opcode, payload: &[u8]) -> Result<Message, Violation> {
    Ok(match opcode {
        Opcode::Text => {
            Message::Text(simdutf8::basic::from_utf8(payload).map_err(|_| Violation::Utf8)?.into())
        }
        _ => Message::Binary(Bytes::copy_from_slice(payload)),
    })
}

/// Creates a message without copying the payload.
pub(super) fn large_message(opcode: Opcode, payload: Bytes) -> Result<Message, Violation> {
    Ok(match opcode {
        Opcode::Text => Message::Text(Utf8Bytes::checked(payload).map_err(|_| Violation::Utf8)?),
        _ => Message::Binary(payload),
    })
}
