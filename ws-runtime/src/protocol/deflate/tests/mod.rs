//! Tests of how the parts work together, and with other implementations of deflate.

#[cfg(any(feature = "client", feature = "test-client"))]
mod answering;
mod deflating;
mod inflating;
mod negotiating;
mod strict;

use flate2::{Compress, Decompress, FlushCompress, FlushDecompress};

use super::negotiation::{Agreed, Direction};

/// The tail that is cut off the end of each message.
const TAIL: [u8; 4] = [0x00, 0x00, 0xff, 0xff];

fn direction(window_bits: u8) -> Direction {
    Direction { takeover: true, window_bits }
}

const ALONE: Direction = Direction { takeover: false, window_bits: 15 };

fn agreed(both: Direction) -> Agreed {
    Agreed { send: both, receive: both }
}

/// Returns a typical chat message. All of them differ, and all resemble each other.
fn chat(number: usize) -> Vec<u8> {
    let names = ["alice", "bob", "carol", "dave", "erin", "frank"];
    let words = ["hello", "there", "is", "anybody", "listening", "to", "what", "we", "say", "today"];
    let text: Vec<&str> = (0..3 + number % 9).map(|at| words[(number * 7 + at * at) % words.len()]).collect();
    let name = names[number % names.len()];
    let text = text.join(" ");
    format!(
        r#"{{"type":"message","id":{},"room":"general","from":"{name}","text":"{text}","at":"2026-07-30T12:{:02}:{:02}Z"}}"#,
        100_000 + number,
        number / 60 % 60,
        number % 60
    )
    .into_bytes()
}

/// Returns bytes that do not compress.
fn noise(mut seed: u64, length: usize) -> Vec<u8> {
    let mut next = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        seed.to_le_bytes()[7]
    };
    std::iter::repeat_with(&mut next).take(length).collect()
}

/// Inflates a message as any peer with context takeover does.
fn inflate_ordinary(inflater: &mut Decompress, compressed: &[u8]) -> Vec<u8> {
    let (mut input, mut plain) = (&*[compressed, &TAIL].concat(), Vec::new());
    while !input.is_empty() || plain.len() == plain.capacity() {
        plain.reserve(4096);
        let before = inflater.total_in();
        inflater.decompress_vec(input, &mut plain, FlushDecompress::Sync).unwrap();
        input = &input[usize::try_from(inflater.total_in() - before).unwrap()..];
    }
    plain
}

/// Compresses a message as any peer does.
fn deflate_ordinary(compress: &mut Compress, payload: &[u8]) -> Vec<u8> {
    // zlib would have nothing to flush.
    if payload.is_empty() {
        return vec![0];
    }
    let mut compressed = Vec::with_capacity(payload.len() * 2 + 100);
    compress.compress_vec(payload, &mut compressed, FlushCompress::Sync).unwrap();
    assert!(compressed.ends_with(&TAIL));
    compressed.truncate(compressed.len() - TAIL.len());
    compressed
}
