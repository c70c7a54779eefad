//! The messages of a measurement: all frames are made before it begins.

use std::io;

use crate::{
    deflate::{Agreement, compress},
    options::Options,
    payload::Payload,
    wire::{BINARY, FIN, RSV1, TEXT, masked_frame},
};

/// The approximate memory that different messages may take.
const POOL_BYTES: usize = 512 << 10;

/// Some messages, which are sent one after another and then again from the first one.
pub(crate) struct Messages {
    payloads: Vec<Vec<u8>>,
    opcode: u8,
    /// The frames of all messages, and again of the first ones, so that a burst is one slice wherever it begins.
    frames: Vec<u8>,
    lengths: Vec<usize>,
    /// The length of the frames of all messages, once.
    cycle: usize,
}

impl Messages {
    /// Creates messages for echoes. Letters are always the same message.
    pub(crate) fn for_echo(options: &Options, agreement: Option<Agreement>) -> io::Result<Self> {
        let count = if options.payload == Payload::Letters { 1 } else { different(options.size) };
        let texts = (0..count).map(|number| options.payload.text(options.size, number as u64));
        Self::new(texts, options, agreement)
    }

    /// Creates messages that differ from each other, for receivers that have to know which one they have.
    pub(crate) fn for_room(options: &Options, agreement: Option<Agreement>) -> io::Result<Self> {
        let texts = (0..different(options.size)).map(|number| {
            let text = options.payload.text(options.size, number as u64);
            // The first 8 bytes of letters are as many characters.
            let has_number = options.payload == Payload::Letters && options.size >= 8;
            if has_number { format!("{number:08}{}", &text[8..]) } else { text }
        });
        Self::new(texts, options, agreement)
    }

    fn new(
        texts: impl Iterator<Item = String>,
        options: &Options,
        agreement: Option<Agreement>,
    ) -> io::Result<Self> {
        let opcode = if options.is_binary { BINARY } else { TEXT };
        let payloads: Vec<Vec<u8>> = texts.map(String::into_bytes).collect();
        let frames = payloads.iter().map(|payload| match agreement {
            Some(agreement) => Ok(masked_frame(FIN | RSV1 | opcode, &compress(payload, agreement)?)),
            None => Ok(masked_frame(FIN | opcode, payload)),
        });
        let frames = frames.collect::<io::Result<Vec<_>>>()?;
        let lengths: Vec<usize> = frames.iter().map(Vec::len).collect();
        let burst = options.depth.max(options.window);
        let frames: Vec<u8> = frames.iter().cycle().take(frames.len() + burst).flatten().copied().collect();
        Ok(Self { cycle: lengths.iter().sum(), payloads, opcode, frames, lengths })
    }

    pub(crate) fn opcode(&self) -> u8 {
        self.opcode
    }

    pub(crate) fn payload(&self, number: usize) -> &[u8] {
        &self.payloads[number % self.payloads.len()]
    }

    /// Returns the length of consecutive frames.
    pub(crate) fn length(&self, first: usize, count: usize) -> usize {
        (first..first + count).map(|number| self.lengths[number % self.lengths.len()]).sum()
    }

    /// Returns where a frame begins.
    pub(crate) fn offset(&self, number: usize) -> usize {
        self.length(0, number % self.lengths.len())
    }

    /// Returns the frames from an offset on, at most this many bytes of them.
    pub(crate) fn bytes(&self, offset: usize, most: usize) -> &[u8] {
        &self.frames[offset..self.frames.len().min(offset + most)]
    }

    /// Returns the offset that is this many bytes after `offset`.
    pub(crate) fn advance(&self, offset: usize, bytes: usize) -> usize {
        (offset + bytes) % self.cycle
    }
}

/// Returns how many messages of this size differ from each other.
fn different(size: usize) -> usize {
    (POOL_BYTES / size.max(1)).clamp(16, 512)
}
