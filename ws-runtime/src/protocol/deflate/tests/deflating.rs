//! The output of [`Deflater`] can be read by any peer.

use std::thread;

use flate2::Decompress;
use proptest::prelude::*;

use super::{
    super::{Compression, Deflater, compress_shared},
    *,
};
use strict::Strict;

/// A connection together with the peer's side of it.
struct Pair {
    deflater: Deflater,
    ordinary: Decompress,
    strict: Strict,
}

impl Pair {
    fn new(option: &Compression, send: Direction) -> Self {
        Self {
            deflater: Deflater::new(option, agreed(send)),
            ordinary: Decompress::new_with_window_bits(false, send.window_bits.max(9)),
            strict: Strict::new(send.window_bits),
        }
    }

    /// Sends a message. Returns the number of bytes that were sent.
    fn send(&mut self, payload: &[u8]) -> usize {
        let mut out = b"before".to_vec();
        if self.deflater.compress(payload, &mut out) {
            assert_eq!(&out[..6], b"before");
            assert!(out.len() - 6 < payload.len() * 5 / 4 + 16);
            self.receive(payload, &out[6..]);
            out.len() - 6
        } else {
            assert_eq!(out, b"before");
            payload.len()
        }
    }

    fn send_shared(&mut self, payload: &[u8], compressed: &[u8]) {
        if self.deflater.takes_shared(payload) {
            self.receive(payload, compressed);
            self.deflater.sent_shared(payload);
        } else {
            self.send(payload);
        }
    }

    fn receive(&mut self, payload: &[u8], compressed: &[u8]) {
        assert!(inflate_ordinary(&mut self.ordinary, compressed) == payload);
        assert!(self.strict.message(compressed).as_deref() == Ok(payload));
    }
}

fn shared(payload: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    compress_shared(payload, &mut out).then_some(out)
}

#[test]
fn history_makes_small_messages_smaller() {
    let mut sizes = [0; 3];
    let options =
        [Compression::deflate(), Compression::deflate().history(1024), Compression::deflate().history(0)];
    let mut pairs = options.map(|option| Pair::new(&option, direction(15)));
    // There are more connections than compressors, so each message starts from the history.
    let mut others: Vec<_> = (0..8).map(|_| Pair::new(&Compression::deflate(), direction(15))).collect();
    let mut plain = 0;
    for number in 0..100 {
        let payload = chat(number);
        plain += payload.len();
        for (size, pair) in sizes.iter_mut().zip(&mut pairs) {
            *size += pair.send(&payload);
        }
        for other in &mut others {
            other.send(&payload);
        }
    }
    assert!(sizes[0] < plain * 35 / 100, "{sizes:?} of {plain}");
    assert!(sizes[1] < plain * 40 / 100, "{sizes:?} of {plain}");
    assert!(sizes[2] > plain * 70 / 100, "{sizes:?} of {plain}");
}

/// A message that went through the compressor and was then sent uncompressed must not be in the window.
#[test]
fn a_message_that_grows_leaves_no_trace() {
    let mut pair = Pair::new(&Compression::deflate().threshold(0), direction(15));
    for number in 0..50 {
        pair.send(&chat(number));
        let incompressible = noise(number as u64, 600 + number * 100);
        assert_eq!(pair.send(&incompressible), incompressible.len());
        // The compressor would refer to the earlier bytes if it still had them.
        let tail = &incompressible[incompressible.len() - 550..];
        assert_eq!(pair.send(tail), tail.len());
    }
}

/// These messages do not get smaller by themselves, but they resemble each other.
#[test]
fn small_messages_get_smaller_together() {
    let mut pair = Pair::new(&Compression::deflate().threshold(0), direction(15));
    let tick =
        |number| format!(r#"{{"symbol":"ACME","price":{}.{}}}"#, 600 + number * 7 % 90, number * 13 % 90);
    let sent: usize = (0..40).map(|number| pair.send(tick(number).as_bytes())).sum();
    assert!(sent < 40 * 30 * 6 / 10, "{sent}");
    // The same holds after other messages that do not get smaller.
    for number in 0..20 {
        pair.send(&noise(number, 40));
    }
    let again = |number| format!("<level user='{}' n='{}'/>", number * 7 % 90, number * 13 % 90);
    let sent: usize = (0..40).map(|number| pair.send(again(number).as_bytes())).sum();
    assert!(sent < 40 * 28 * 6 / 10, "{sent}");
}

/// The attempts become rarer.
#[test]
fn noise_costs_little() {
    let mut pair = Pair::new(&Compression::deflate().threshold(0), direction(15));
    let sent: usize = (0..256).map(|number| pair.send(&noise(number, 100))).sum();
    assert!(sent <= 256 * 100 + 9 * 20, "{sent}");
}

#[test]
fn nothing_and_what_is_under_the_threshold_is_sent_raw() {
    let mut deflater = Deflater::new(&Compression::deflate().threshold(100), agreed(direction(15)));
    let mut out = Vec::new();
    assert!(!deflater.compress(&[b'a'; 99], &mut out));
    assert!(!deflater.takes_shared(&[b'a'; 99]));
    assert!(out.is_empty());
    assert!(deflater.compress(&[b'a'; 100], &mut out));
    assert!(deflater.takes_shared(&[b'a'; 100]));
    let mut deflater = Deflater::new(&Compression::deflate().threshold(0), agreed(direction(15)));
    assert!(!deflater.compress(b"", &mut Vec::new()));
    assert!(!compress_shared(b"", &mut Vec::new()));
}

#[test]
fn without_takeover_each_message_stands_alone() {
    let option = Compression::deflate().threshold(0);
    for option in [option.clone().no_context_takeover(), option.clone().history(0), option] {
        // The third would take the context over if that had been agreed on.
        let mut deflater = Deflater::new(&option, agreed(ALONE));
        for number in 0..20 {
            let mut out = Vec::new();
            assert!(deflater.compress(&chat(number).repeat(3), &mut out));
            assert!(Strict::new(15).message(&out) == Ok(chat(number).repeat(3)));
        }
    }
}

#[test]
fn the_window_of_the_peer_is_respected() {
    for bits in 8..=15 {
        // There is one level for each algorithm of zlib.
        for level in [1, 2, 4, 9] {
            for history in [0, usize::MAX] {
                let option = Compression::deflate().level(level).history(history);
                let mut pair = Pair::new(&option, direction(bits));
                for number in [0, 4, 7, 10] {
                    pair.send(&chat(number));
                    // Each message repeats data from just within and just outside the window.
                    let distance = (1 << bits) - 20 + number * 4;
                    pair.send(&noise(3, distance).repeat(2));
                    if let Some(compressed) = shared(&chat(number)) {
                        pair.send_shared(&chat(number), &compressed);
                    }
                }
            }
        }
    }
}

#[test]
fn a_shared_message_is_for_windows_of_12_bits_and_more() {
    for bits in 8..=15 {
        let deflater = Deflater::new(&Compression::deflate(), agreed(direction(bits)));
        assert_eq!(deflater.takes_shared(&[1; 1000]), bits >= 12);
    }
    let compressed = shared(&noise(1, 4000).repeat(2)).unwrap_or_default();
    assert!(compressed.is_empty() || Strict::new(12).message(&compressed).is_ok());
    let large: Vec<u8> = (0..2000).flat_map(chat).collect();
    assert!(Strict::new(12).message(&shared(&large).unwrap()) == Ok(large));
}

#[test]
fn connections_move_between_threads() {
    let mut pairs: Vec<_> = (0..3).map(|_| Pair::new(&Compression::deflate(), direction(15))).collect();
    for round in 0..30 {
        let work = move || {
            for (at, pair) in pairs.iter_mut().enumerate() {
                for number in 0..=round % 3 {
                    pair.send(&chat(round * 10 + at + number));
                }
            }
            pairs
        };
        // The work alternates between this thread, where the compressors stay, and new ones.
        pairs = if round % 2 == 0 { work() } else { thread::spawn(work).join().unwrap() };
    }
}

/// A large message is compressed in several steps, as its compressed size is not known in advance.
#[test]
fn large_messages() {
    let mut pair = Pair::new(&Compression::deflate(), direction(15));
    let text: Vec<u8> = (0..2_000).flat_map(chat).collect();
    for size in [15_000, 16_384, 65_535, 65_536, text.len()] {
        assert!(pair.send(&text[..size]) < size / 2);
        // Half of the message does not compress, so the output is larger than the room that was reserved first.
        let mixed = [&noise(7, size / 2), &text[..size / 2]].concat();
        assert!(pair.send(&mixed) < size * 9 / 10);
    }
}

#[test]
fn noise_of_any_length_can_be_compressed() {
    for level in [1, 2, 6] {
        let option = Compression::deflate().level(level);
        let mut pair = Pair::new(&option, direction(15));
        for round in 0..3 {
            for length in [1000, 10_000, 50_000, 130_000, 300_000] {
                // A part of the message is text that compresses, so that the whole does too.
                let text = b"text that compresses, and ".repeat(length / 26);
                pair.send(&[noise(round, length), text].concat());
                pair.send(&noise(round, length));
            }
        }
    }
}

#[test]
fn what_a_connection_holds_inline_is_small() {
    assert!(size_of::<Deflater>() <= 64, "{}", size_of::<Deflater>());
    assert!(size_of::<super::super::Inflater>() <= 56);
    assert!(size_of::<Agreed>() <= 4);
}

#[derive(Debug, Clone)]
enum Step {
    Chat(usize),
    Noise(u64, usize),
    Again(usize),
    Shared(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..1000_usize).prop_map(Step::Chat),
        1 => (any::<u64>(), 0..5000_usize).prop_map(|(seed, length)| Step::Noise(seed, length)),
        1 => (0..6000_usize).prop_map(Step::Again),
        2 => (0..1000_usize).prop_map(Step::Shared),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// Peers follow any mix of messages on more connections than the thread has compressors.
    #[test]
    fn peers_follow_whatever_is_sent(
        steps in prop::collection::vec((0..9_usize, step()), 1..60),
        bits in 8..=15_u8,
        level in 1..=9_u8,
        history in prop_oneof![Just(0), Just(100), Just(2048), Just(4096), Just(20_000)],
        threshold in prop_oneof![Just(0), Just(64), Just(150)],
    ) {
        let option = Compression::deflate().level(level).history(history).threshold(threshold);
        let mut pairs: Vec<_> = (0..9).map(|_| Pair::new(&option, direction(bits))).collect();
        for (at, step) in steps {
            match step {
                Step::Chat(number) => _ = pairs[at].send(&chat(number)),
                Step::Noise(seed, length) => _ = pairs[at].send(&noise(seed, length)),
                Step::Again(length) => _ = pairs[at].send(&noise(1, length).repeat(2)),
                Step::Shared(number) => {
                    let payload = chat(number);
                    if let Some(compressed) = shared(&payload) {
                        for pair in &mut pairs {
                            pair.send_shared(&payload, &compressed);
                        }
                    }
                }
            }
        }
    }
}
