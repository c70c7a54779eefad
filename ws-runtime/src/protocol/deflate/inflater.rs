//! [`Inflater`]: decompresses what one connection receives, and never beyond the limit.

use flate2::{Decompress, FlushDecompress, Status};

use super::{
    history::History,
    negotiation::Agreed,
    pool::{TAIL, borrow_inflater, give_back_inflater},
};

/// The largest window of deflate, in bytes.
const MAX_WINDOW: usize = 1 << 15;

/// The bytes that are fed after a message: the tail that the sender left out, and an empty final block. A truncated
/// message takes them for data, or does not end.
const END: [u8; 9] = [TAIL[0], TAIL[1], TAIL[2], TAIL[3], 0x01, 0x00, 0x00, 0xff, 0xff];

/// The number of bytes that a message must have for each final block in it that is followed by more data. Going on
/// after a final block takes a microsecond, and a final block can be as small as two bytes.
const BYTES_FOR_FINAL_BLOCK: u32 = 64;

/// The number of final blocks that a message may have regardless of its size.
const FREE_FINAL_BLOCKS: u32 = 16;

/// The expected ratio of the size of a message to its compressed size.
const EXPECTED_RATIO: usize = 4;

/// The smallest number of bytes that a buffer grows by.
const MIN_ROOM: usize = 128;

/// The reason why a message cannot be inflated. The connection must be failed, as nothing after it can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InflateError {
    /// The message is larger than the limit, which closes with 1009.
    #[error("the message is larger than the limit")]
    TooBig,
    /// The data is not a message that was compressed by deflate, or it was truncated. This closes with 1007.
    #[error("the compressed data are invalid")]
    Corrupt,
}

/// The state that a connection keeps to inflate its messages.
#[derive(Debug)]
pub(crate) struct Inflater {
    history: History,
    /// The inflater, borrowed from the thread while a message is being received.
    borrowed: Option<Box<Decompress>>,
    /// The bytes that are credited towards final blocks. Each one that is followed by more data uses up
    /// [`BYTES_FOR_FINAL_BLOCK`] of them.
    credit: u32,
    /// Whether a final block has ended, with nothing after it yet.
    ended: bool,
}

impl Inflater {
    pub(crate) fn new(agreed: Agreed) -> Self {
        let history = if agreed.receive.takeover { 1 << agreed.receive.window_bits } else { 0 };
        Self { history: History::new(history), borrowed: None, credit: 0, ended: false }
    }

    /// Returns `true` if an inflater is borrowed for a message that is being received.
    pub(crate) fn has_begun(&self) -> bool {
        self.borrowed.is_some()
    }

    /// Inflates a part of a message. `out` must hold the output of the earlier parts and nothing else, so it is empty
    /// for the first part. It never gets longer than `limit`, and its capacity grows with the data that arrives.
    ///
    /// An inflater of 43 KB is borrowed from the first part with bytes to the last one.
    pub(crate) fn inflate(
        &mut self,
        input: &[u8],
        last: bool,
        limit: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), InflateError> {
        let result = self.inflate_part(input, last, limit, out);
        if last || result.is_err() {
            self.give_back();
        }
        result
    }

    fn inflate_part(
        &mut self,
        input: &[u8],
        last: bool,
        limit: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), InflateError> {
        if self.borrowed.is_none() {
            // RFC 7692 does not encode an empty message as no bytes at all, but every implementation accepts that.
            if input.is_empty() {
                return Ok(());
            }
            self.begin()?;
        }
        self.credit = self.credit.saturating_add(u32::try_from(input.len()).unwrap_or(u32::MAX));
        let mut rest = self.feed(input, limit, out)?;
        // RFC 7692, section 7.2.3.4: other blocks may follow a final one.
        while !rest.is_empty() {
            self.resume(out)?;
            rest = self.feed(rest, limit, out)?;
        }
        if last {
            // A final block at the very end lacks the byte that RFC 7692 requires after it. Other implementations
            // accept that too.
            if !self.ended {
                self.end(limit, out)?;
            }
            self.history.push(out);
        }
        Ok(())
    }

    fn begin(&mut self) -> Result<(), InflateError> {
        let mut inflater = borrow_inflater();
        add_dictionary(&mut inflater, self.history.bytes())?;
        self.borrowed = Some(inflater);
        self.credit = FREE_FINAL_BLOCKS * BYTES_FOR_FINAL_BLOCK;
        self.ended = false;
        Ok(())
    }

    /// Checks that the message is complete: the bytes that are fed after it end a block and then the stream, and
    /// produce no output.
    fn end(&mut self, limit: usize, out: &mut Vec<u8>) -> Result<(), InflateError> {
        let length = out.len();
        let rest = self.feed(&END, limit, out)?;
        // RFC 7692, section 7.2.1: the empty block that lacks the tail may be a final one, which ends there.
        let is_whole = rest.is_empty() || rest.len() == END.len() - TAIL.len();
        if self.ended && is_whole && out.len() == length { Ok(()) } else { Err(InflateError::Corrupt) }
    }

    /// Goes on after a final block, with the same window.
    fn resume(&mut self, out: &[u8]) -> Result<(), InflateError> {
        self.credit = self.credit.checked_sub(BYTES_FOR_FINAL_BLOCK).ok_or(InflateError::Corrupt)?;
        let inflater = self.borrowed.as_mut().ok_or(InflateError::Corrupt)?;
        inflater.reset(false);
        if out.len() < MAX_WINDOW {
            add_dictionary(inflater, self.history.bytes())?;
        }
        add_dictionary(inflater, &out[out.len().saturating_sub(MAX_WINDOW)..])?;
        self.ended = false;
        Ok(())
    }

    /// Inflates up to the end of the input or of a final block. Returns the rest of the input.
    fn feed<'a>(
        &mut self,
        mut input: &'a [u8],
        limit: usize,
        out: &mut Vec<u8>,
    ) -> Result<&'a [u8], InflateError> {
        let inflater = self.borrowed.as_mut().ok_or(InflateError::Corrupt)?;
        while !self.ended {
            let (taken, made) = (inflater.total_in(), inflater.total_out());
            let is_full = out.len() == out.capacity();
            let has_room_left;
            let status = if out.len() >= limit || (is_full && input.is_empty()) {
                // One byte more tells whether more output is to come.
                let mut probe = [0];
                let status = inflater.decompress(input, &mut probe, FlushDecompress::None);
                has_room_left = inflater.total_out() == made;
                if !has_room_left {
                    if out.len() >= limit {
                        return Err(InflateError::TooBig);
                    }
                    make_room(out, input.len(), limit);
                    out.extend_from_slice(&probe);
                }
                status
            } else {
                if is_full {
                    make_room(out, input.len(), limit);
                }
                let status = inflater.decompress_vec(input, out, FlushDecompress::None);
                has_room_left = out.len() < out.capacity();
                status
            };
            let status = status.map_err(|_| InflateError::Corrupt)?;
            if out.len() > limit {
                // The caller's buffer had more room than the limit allows.
                out.truncate(limit);
                return Err(InflateError::TooBig);
            }
            let is_stuck = (inflater.total_in(), inflater.total_out()) == (taken, made);
            let taken = usize::try_from(inflater.total_in() - taken).unwrap_or(usize::MAX);
            input = &input[taken.min(input.len())..];
            self.ended = status == Status::StreamEnd;
            if !self.ended && is_stuck {
                // If there were input left, this would be a fault of the inflater.
                return if input.is_empty() { Ok(input) } else { Err(InflateError::Corrupt) };
            }
            // If the output leaves room, the input produces nothing more.
            if input.is_empty() && has_room_left {
                break;
            }
        }
        Ok(input)
    }

    fn give_back(&mut self) {
        if let Some(inflater) = self.borrowed.take() {
            give_back_inflater(inflater);
        }
    }
}

impl Drop for Inflater {
    fn drop(&mut self) {
        self.give_back();
    }
}

fn add_dictionary(inflater: &mut Decompress, plain: &[u8]) -> Result<(), InflateError> {
    if !plain.is_empty() {
        inflater.set_dictionary(plain).map_err(|_| InflateError::Corrupt)?;
    }
    Ok(())
}

/// Makes room for the likely output of so many bytes. At least doubles the buffer, but never beyond the limit.
fn make_room(out: &mut Vec<u8>, input: usize, limit: usize) {
    let more = input.saturating_mul(EXPECTED_RATIO).max(out.len()).max(MIN_ROOM);
    out.reserve_exact(more.min(limit - out.len()));
}
