//! [`Partial`]: a message that arrives in fragments, or compressed.

use bytes::Bytes;

use super::{
    LARGE, Violation,
    deflate::Inflater,
    frame::Opcode,
    reader::{large_message, small_message},
    utf8::check_beginning,
};
use crate::Message;

/// The parts of a message that have arrived. Its memory grows with the data that arrives, not with the announced
/// size.
pub(super) struct Partial {
    opcode: Opcode,
    compressed: bool,
    /// How much has arrived, in bytes.
    received: usize,
    /// What has arrived. For a compressed message, it is only the part that is not inflated yet.
    payload: Vec<u8>,
    /// How much of `payload` is known to be valid text, in bytes.
    valid: usize,
    inflated: Vec<u8>,
}

/// How much of a compressed message is collected before an inflater is borrowed for it, in bytes. An inflater takes
/// 43 KB, which a peer should not get for a single byte.
const COLLECTED: usize = 32 * 1024;

impl Partial {
    pub(super) fn new(opcode: Opcode, compressed: bool) -> Self {
        Self { opcode, compressed, received: 0, payload: Vec::new(), valid: 0, inflated: Vec::new() }
    }

    /// Returns how much of the message has arrived, in bytes.
    pub(super) fn received(&self) -> usize {
        self.received
    }

    pub(super) fn is_compressed(&self) -> bool {
        self.compressed
    }

    /// Takes the next part. Returns the message once it is complete. `limit` is that of the inflated message, in
    /// bytes.
    pub(super) fn push(
        &mut self,
        part: &[u8],
        last: bool,
        limit: usize,
        inflater: Option<&mut Inflater>,
    ) -> Result<Option<Message>, Violation> {
        self.received += part.len();
        if let Some(inflater) = inflater.filter(|_| self.compressed) {
            return self.inflate(part, last, limit, inflater);
        }
        self.payload.extend_from_slice(part);
        if last {
            return message(self.opcode, std::mem::take(&mut self.payload)).map(Some);
        }
        if self.opcode == Opcode::Text {
            self.valid = check_beginning(&self.payload, self.valid)?;
        }
        Ok(None)
    }

    fn inflate(
        &mut self,
        part: &[u8],
        last: bool,
        limit: usize,
        inflater: &mut Inflater,
    ) -> Result<Option<Message>, Violation> {
        let Self { payload, inflated, .. } = self;
        if !last && payload.len() + part.len() < COLLECTED && !inflater.has_begun() {
            payload.extend_from_slice(part);
            return Ok(None);
        }
        let result = if payload.is_empty() {
            inflater.inflate(part, last, limit, inflated)
        } else {
            payload.extend_from_slice(part);
            let result = inflater.inflate(payload, last, limit, inflated);
            payload.clear();
            result
        };
        result.map_err(|error| Violation::of_inflating(error, limit))?;
        if last {
            return message(self.opcode, std::mem::take(inflated)).map(Some);
        }
        if self.opcode == Opcode::Text {
            self.valid = check_beginning(inflated, self.valid)?;
        }
        Ok(None)
    }
}

fn message(opcode: Opcode, payload: Vec<u8>) -> Result<Message, Violation> {
    if payload.len() < LARGE {
        small_message(opcode, &payload)
    } else {
        large_message(opcode, Bytes::from(payload))
    }
}
