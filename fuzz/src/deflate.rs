//! Compression of messages (RFC 7692) by `flate2` alone, to which the results of the library are compared.

use flate2::{Decompress, FlushDecompress, Status};

/// The window that the targets agree on for what they send, as a power of two.
pub const WINDOW_BITS: u8 = 12;

/// The bytes that RFC 7692 lets the receiver append to a message, and a final block without content.
const TAIL: [u8; 4] = [0x00, 0x00, 0xff, 0xff];
const FINAL: [u8; 5] = [0x01, 0x00, 0x00, 0xff, 0xff];

/// Inflates the messages that come back, one after another.
pub struct Inflate(Decompress);

impl Inflate {
    pub(crate) fn new() -> Self {
        Self(Decompress::new(false))
    }

    pub(crate) fn message(&mut self, compressed: &[u8]) -> Vec<u8> {
        let input = [compressed, &TAIL].concat();
        let (mut plain, before) = (Vec::with_capacity(1024), self.0.total_in());
        loop {
            let rest = &input[(self.0.total_in() - before) as usize..];
            let made = self.0.total_out();
            self.0.decompress_vec(rest, &mut plain, FlushDecompress::None).expect("valid compressed data");
            if plain.len() < plain.capacity() && self.0.total_out() == made {
                assert_eq!(self.0.total_in() - before, input.len() as u64, "a whole message");
                return plain;
            }
            plain.reserve(plain.capacity());
        }
    }
}

/// The expected result of a compressed message.
pub enum Inflated {
    Message(Vec<u8>),
    /// The connection closes with one of these codes.
    Broken(&'static [u16]),
}

/// Inflates a message in one go, after what was inflated before.
pub fn inflate(message: &[u8], history: &[u8], limit: usize) -> Inflated {
    // All implementations take a message without bytes as an empty one.
    if message.is_empty() {
        return Inflated::Message(Vec::new());
    }
    let history = &history[history.len().saturating_sub(1 << WINDOW_BITS)..];
    let alone = OneShot::of(message, history, limit);
    // Final blocks that are followed by others cost work without effect, so only some are accepted.
    if alone.resumed * 64 > 16 * 64 + message.len() {
        return Inflated::Broken(&[1007, 1009]);
    }
    if alone.plain.len() > limit {
        return Inflated::Broken(&[1009]);
    }
    // A final block at the very end lacks the byte that RFC 7692 requires after it, and is accepted all the same.
    if alone.ended {
        return Inflated::Message(alone.plain);
    }
    // A message that was cut off takes the appended bytes for data, or does not end.
    let whole = OneShot::of(&[message, &TAIL, &FINAL].concat(), history, limit);
    if whole.ended && whole.plain == alone.plain {
        Inflated::Message(alone.plain)
    } else if whole.plain.len() > limit {
        Inflated::Broken(&[1007, 1009])
    } else {
        Inflated::Broken(&[1007])
    }
}

#[derive(Default)]
struct OneShot {
    /// At most one byte more than the limit.
    plain: Vec<u8>,
    /// The input ends with a final block.
    ended: bool,
    /// How many final blocks are followed by something.
    resumed: usize,
}

impl OneShot {
    fn of(mut input: &[u8], history: &[u8], limit: usize) -> Self {
        let mut this = Self::default();
        loop {
            let mut inflater = Decompress::new(false);
            let window = [history, &this.plain].concat();
            if !window.is_empty() {
                let window = &window[window.len().saturating_sub(1 << 15)..];
                inflater.set_dictionary(window).expect("an inflater takes a window");
            }
            let mut room = vec![0; limit + 1 - this.plain.len()];
            let status = inflater.decompress(input, &mut room, FlushDecompress::Finish);
            this.plain.extend(&room[..inflater.total_out() as usize]);
            input = &input[inflater.total_in() as usize..];
            if !matches!(status, Ok(Status::StreamEnd)) || this.plain.len() > limit {
                return this;
            }
            if input.is_empty() {
                this.ended = true;
                return this;
            }
            this.resumed += 1;
        }
    }
}
