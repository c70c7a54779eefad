//! Frames, both those that an endpoint or a client sends and those that the fuzzer makes up.

use flate2::{Compress, Compression, FlushCompress};

use crate::{
    LIMIT,
    deflate::{Inflate, WINDOW_BITS},
};

pub const TEXT: u8 = 1;
pub const BINARY: u8 = 2;
pub const CLOSE: u8 = 8;
pub const PING: u8 = 9;
pub const PONG: u8 = 10;

pub const FIN: u8 = 0x80;
pub const RSV1: u8 = 0x40;

/// A side of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Server,
    Client,
}

/// A frame that came back. Its message is inflated.
#[derive(Debug, PartialEq, Eq)]
pub struct Frame {
    pub opcode: u8,
    pub payload: Vec<u8>,
}

impl Frame {
    /// Returns the code of a Close frame.
    pub fn close_code(&self) -> Option<u16> {
        if self.opcode != CLOSE {
            return None;
        }
        let (code, reason) = self.payload.split_first_chunk()?;
        assert!(str::from_utf8(reason).is_ok(), "a reason is text");
        Some(u16::from_be_bytes(*code))
    }
}

/// Parses what one side sends, and checks it against the rules.
pub struct Frames {
    from: Side,
    inflate: Option<Inflate>,
    closed: bool,
}

impl Frames {
    pub fn new(from: Side, deflate: bool) -> Self {
        Self { from, inflate: deflate.then(Inflate::new), closed: false }
    }

    /// Returns the frame at the start of some bytes, and how many bytes it takes, or `None` if it is not complete.
    pub fn next(&mut self, bytes: &[u8]) -> Option<(Frame, usize)> {
        let [first, second, rest @ ..] = bytes else { return None };
        assert!(!self.closed, "a frame behind the Close frame");
        let opcode = first & 0xf;
        assert!(matches!(opcode, TEXT | BINARY | CLOSE | PING | PONG), "opcode {opcode}");
        assert_ne!(first & FIN, 0, "a fragment, which is never sent");
        assert_eq!(first & 0x30, 0, "reserved bits");
        let compressed = first & RSV1 != 0;
        assert!(!compressed || opcode < CLOSE, "a compressed control frame");
        assert_eq!(*second >= 128, self.from == Side::Client, "masked");
        let short = second & 0x7f;
        assert!(opcode < CLOSE || short <= 125, "a long control frame");
        let (length, rest) = match short {
            126 => (u64::from(u16::from_be_bytes(*rest.first_chunk()?)), &rest[2..]),
            127 => (u64::from_be_bytes(*rest.first_chunk()?), &rest[8..]),
            short => (u64::from(short), rest),
        };
        assert!(
            short < 126 || length > if short == 126 { 125 } else { 0xffff },
            "a length that is not minimal"
        );
        let (mask, rest) = match self.from {
            Side::Server => ([0; 4], rest),
            Side::Client => (*rest.first_chunk()?, &rest[4..]),
        };
        let (payload, rest) = rest.split_at_checked(usize::try_from(length).expect("a length in memory"))?;
        let mut payload = masked(payload, mask);
        if compressed {
            payload = self.inflate.as_mut().expect("compression was agreed on").message(&payload);
        }
        assert!(opcode != TEXT || str::from_utf8(&payload).is_ok(), "text is UTF-8");
        self.closed = opcode == CLOSE;
        Some((Frame { opcode, payload }, bytes.len() - rest.len()))
    }

    /// Returns all frames. Panics if one is cut off.
    pub fn all(mut self, mut bytes: &[u8]) -> Vec<Frame> {
        let mut frames = Vec::new();
        while let Some((frame, length)) = self.next(bytes) {
            frames.push(frame);
            bytes = &bytes[length..];
        }
        assert_eq!(bytes, b"", "half a frame");
        frames
    }
}

/// Makes the frames of a script, as one side sends them.
///
/// The script is a sequence of records: the first byte of the frame, a length, and the payload. For a length from 240 on, one
/// byte follows that says what a long payload consists of. If both of the bits 0x30 are set, the payload is a message which is
/// compressed here; without FIN it is sent in three fragments with a ping after each of the first two. A script ends when its
/// frames are long enough to fill every buffer.
pub fn script(mut script: &[u8], from: Side) -> Vec<u8> {
    const LONG: usize = 4 * LIMIT;

    let mut bytes = Vec::new();
    let mut compress = None;
    while let ([first, length, rest @ ..], ..LONG) = (script, bytes.len()) {
        let (payload, rest) = match (length.checked_sub(240), rest) {
            (Some(size), [of, rest @ ..]) => (long_payload(*of, 16 << size.min(13)), rest),
            (Some(_), []) => (Vec::new(), rest),
            (None, _) => {
                let (payload, rest) = rest.split_at(rest.len().min((*length).into()));
                (payload.to_vec(), rest)
            }
        };
        script = rest;
        if first & 0x30 != 0x30 {
            frame(*first, &payload, from, &mut bytes);
            continue;
        }
        let opcode = first & 0xf;
        let compress = compress
            .get_or_insert_with(|| Compress::new_with_window_bits(Compression::fast(), false, WINDOW_BITS));
        let deflated = deflate(compress, &payload);
        if first & FIN != 0 {
            frame(FIN | RSV1 | opcode, &deflated, from, &mut bytes);
            continue;
        }
        let (start, end) = deflated.split_at(deflated.len() / 3);
        let (middle, end) = end.split_at(end.len() / 2);
        frame(RSV1 | opcode, start, from, &mut bytes);
        frame(FIN | PING, b"first", from, &mut bytes);
        frame(0, middle, from, &mut bytes);
        frame(FIN | PING, b"second", from, &mut bytes);
        frame(FIN, end, from, &mut bytes);
    }
    bytes
}

/// Appends a frame with this first byte.
pub fn frame(first: u8, payload: &[u8], from: Side, bytes: &mut Vec<u8>) {
    let bit = if from == Side::Client { 0x80 } else { 0 };
    bytes.push(first);
    match payload.len() {
        length @ ..126 => bytes.push(bit | length as u8),
        length @ ..0x1_0000 => {
            bytes.push(bit | 126);
            bytes.extend((length as u16).to_be_bytes());
        }
        length => {
            bytes.push(bit | 127);
            bytes.extend((length as u64).to_be_bytes());
        }
    }
    if from == Side::Client {
        let mask = [1, 2, 3, first];
        bytes.extend(mask);
        bytes.extend(masked(payload, mask));
    } else {
        bytes.extend(payload);
    }
}

pub(crate) fn masked(payload: &[u8], mask: [u8; 4]) -> Vec<u8> {
    payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect()
}

/// Returns an ASCII character repeated, or noise.
fn long_payload(of: u8, length: usize) -> Vec<u8> {
    if of.is_ascii() {
        return vec![of; length];
    }
    let mut state = u64::from(of);
    let noise = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 56) as u8
    });
    noise.take(length).collect()
}

/// Compresses a message (RFC 7692, section 7.2.1).
fn deflate(compress: &mut Compress, payload: &[u8]) -> Vec<u8> {
    // A compressor without new input produces nothing (section 7.2.3.6).
    if payload.is_empty() {
        return vec![0];
    }
    let mut deflated = Vec::with_capacity(payload.len() + LIMIT);
    compress
        .compress_vec(payload, &mut deflated, FlushCompress::Sync)
        .expect("a compressor takes everything");
    deflated.truncate(deflated.len() - 4);
    deflated
}
