//! permessage-deflate (RFC 7692), limited to what the load needs.

use std::io;

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

use crate::wire::unexpected;

/// The bytes that end every sync flush, and are not sent (RFC 7692, section 7.2.1).
const TAIL: [u8; 4] = [0x00, 0x00, 0xff, 0xff];

/// What the server agreed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Agreement {
    /// The base-2 logarithm of the window that the client may use.
    pub(crate) window_bits: u8,
}

impl Agreement {
    /// Reads the value of `Sec-WebSocket-Extensions` in the server's answer.
    pub(crate) fn parse(value: &str) -> io::Result<Self> {
        let mut parts = value.split(';').map(str::trim);
        if parts.next() != Some("permessage-deflate") {
            return Err(unexpected(value.as_bytes()));
        }
        let mut agreement = Self { window_bits: 15 };
        for part in parts {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            match name.trim() {
                "client_max_window_bits" => {
                    let bits = value.trim().trim_matches('"').parse().ok();
                    // zlib cannot compress with a window of 8 bits.
                    let bits = bits.filter(|bits| (9..=15).contains(bits));
                    agreement.window_bits = bits.ok_or_else(|| unexpected(part.as_bytes()))?;
                }
                // The load uses no context of its own, and its inflater needs none to be dropped.
                "client_no_context_takeover" | "server_no_context_takeover" => {}
                _ => return Err(unexpected(part.as_bytes())),
            }
        }
        Ok(agreement)
    }
}

/// Compresses one message so that it can be read without the messages before it.
pub(crate) fn compress(payload: &[u8], agreement: Agreement) -> io::Result<Vec<u8>> {
    let mut compress = Compress::new_with_window_bits(Compression::default(), false, agreement.window_bits);
    let mut compressed = Vec::with_capacity(payload.len() + payload.len() / 8 + 64);
    compress.compress_vec(payload, &mut compressed, FlushCompress::Sync)?;
    // If the buffer is full, the flush may not be complete.
    if compressed.len() == compressed.capacity() || !compressed.ends_with(&TAIL) {
        return Err(io::Error::other("a message became larger by compression"));
    }
    compressed.truncate(compressed.len() - TAIL.len());
    Ok(compressed)
}

/// Inflates all messages of one connection, which may refer to one another.
pub(crate) struct Inflater {
    decompress: Decompress,
    compressed: Vec<u8>,
    payload: Vec<u8>,
}

impl Inflater {
    pub(crate) fn new() -> Self {
        Self { decompress: Decompress::new(false), compressed: Vec::new(), payload: Vec::new() }
    }

    /// Takes a part of a compressed message.
    pub(crate) fn push(&mut self, part: &[u8]) {
        self.compressed.extend_from_slice(part);
    }

    /// Inflates the message that is now complete, and returns `true` if it is the expected one.
    pub(crate) fn is(&mut self, expected: &[u8]) -> io::Result<bool> {
        self.compressed.extend_from_slice(&TAIL);
        self.payload.clear();
        // This allows one more byte, so that a longer message is detected.
        self.payload.reserve(expected.len() + 1);
        let before = self.decompress.total_in();
        let status =
            self.decompress.decompress_vec(&self.compressed, &mut self.payload, FlushDecompress::Sync)?;
        let is_whole = self.decompress.total_in() - before == self.compressed.len() as u64;
        self.compressed.clear();
        if status == Status::StreamEnd {
            // RFC 7692, section 7.2.3.4, allows this, but no server does it.
            return Err(io::Error::other("the server ended its deflate stream"));
        }
        Ok(is_whole && self.payload == expected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payload::Payload;

    #[test]
    fn compressed_messages_stand_alone_and_fit_into_the_agreed_window() {
        for window_bits in 9..=15 {
            let mut kept = Inflater::new();
            for number in 0..50 {
                let payload = Payload::Json.text(1024, number).into_bytes();
                assert_eq!(payload.len(), 1024);
                let compressed = compress(&payload, Agreement { window_bits }).unwrap();
                let mut small = Decompress::new_with_window_bits(false, window_bits);
                let mut inflated = Vec::with_capacity(2000);
                let whole = [compressed.as_slice(), &TAIL].concat();
                small.decompress_vec(&whole, &mut inflated, FlushDecompress::Sync).unwrap();
                assert_eq!(inflated, payload);

                let (first, second) = compressed.split_at(compressed.len() / 2);
                kept.push(first);
                kept.push(second);
                assert!(kept.is(&payload).unwrap());
            }
        }
    }

    #[test]
    fn inflates_messages_that_refer_to_earlier_ones() {
        let mut compress = Compress::new(Compression::default(), false);
        let mut inflater = Inflater::new();
        for number in 0..100 {
            let payload = Payload::Json.text(1024, number).into_bytes();
            let mut compressed = Vec::with_capacity(2000);
            compress.compress_vec(&payload, &mut compressed, FlushCompress::Sync).unwrap();
            inflater.push(compressed.strip_suffix(&TAIL).unwrap());
            assert!(inflater.is(&payload).unwrap());
        }
    }

    #[test]
    fn tells_a_wrong_message() {
        let payload = Payload::Json.text(1024, 0).into_bytes();
        let compressed = compress(&payload, Agreement { window_bits: 15 }).unwrap();
        for wrong in [&payload[1..], &payload[..1023], b"short", &payload.repeat(2)] {
            let mut inflater = Inflater::new();
            inflater.push(&compressed);
            assert!(!inflater.is(wrong).unwrap_or(false));
        }
        let mut inflater = Inflater::new();
        inflater.push(&compressed[..compressed.len() - 5]);
        assert!(!inflater.is(&payload).unwrap_or(false));
    }

    #[test]
    fn reads_what_the_server_agrees_to() {
        let bits = |value| Agreement::parse(value).map(|agreement| agreement.window_bits).ok();
        assert_eq!(bits("permessage-deflate"), Some(15));
        assert_eq!(
            bits("permessage-deflate; server_no_context_takeover;client_max_window_bits=12"),
            Some(12)
        );
        assert_eq!(bits("permessage-deflate; client_max_window_bits=8"), None);
        assert_eq!(bits("permessage-deflate; client_max_window_bits"), None);
        assert_eq!(bits("permessage-deflate; unknown"), None);
        assert_eq!(bits("x-webkit-deflate-frame"), None);
    }
}
