//! [`Inflater`] reads everything that a peer may send, but no more than the limit.

use flate2::{Compress, Compression as Level, Decompress, FlushCompress};
use proptest::prelude::*;

use super::{
    super::{InflateError, Inflater},
    *,
};

const LIMIT: usize = 1024 * 1024;

fn inflate(inflater: &mut Inflater, message: &[u8]) -> Result<Vec<u8>, InflateError> {
    inflate_up_to(LIMIT, inflater, message)
}

fn inflate_up_to(limit: usize, inflater: &mut Inflater, message: &[u8]) -> Result<Vec<u8>, InflateError> {
    let mut out = Vec::new();
    let result = inflater.inflate(message, true, limit, &mut out);
    assert!(out.len() <= limit && out.capacity() <= limit);
    result.map(|()| out)
}

/// Returns a message of one final block, without the byte that follows it.
fn final_block(payload: &[u8]) -> Vec<u8> {
    let mut compressed = Vec::with_capacity(payload.len() * 2 + 100);
    Compress::new(Level::fast(), false)
        .compress_vec(payload, &mut compressed, FlushCompress::Finish)
        .unwrap();
    compressed
}

/// Checks the examples of RFC 7692, section 7.2.3.
#[test]
fn the_examples_of_the_rfc() {
    let alone = || Inflater::new(agreed(direction(15)));
    let hello = Ok(b"Hello".to_vec());
    // 7.2.3.1: a whole message, joined from the fragments of the example.
    assert_eq!(inflate(&mut alone(), b"\xf2\x48\xcd\xc9\xc9\x07\x00"), hello);
    // 7.2.3.2: the context is taken over.
    let mut inflater = alone();
    assert_eq!(inflate(&mut inflater, b"\xf2\x48\xcd\xc9\xc9\x07\x00"), hello);
    assert_eq!(inflate(&mut inflater, b"\xf2\x00\x11\x00\x00"), hello);
    // 7.2.3.3: no compression.
    assert_eq!(inflate(&mut alone(), b"\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"), hello);
    // 7.2.3.4: a final block.
    let mut inflater = alone();
    for _ in 0..3 {
        assert_eq!(inflate(&mut inflater, b"\xf3\x48\xcd\xc9\xc9\x07\x00\x00"), hello);
        assert_eq!(inflate(&mut inflater, b"\xf2\x00\x11\x00\x00"), hello);
    }
    // 7.2.3.5: two blocks.
    assert_eq!(inflate(&mut alone(), b"\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"), hello);
    // 7.2.3.6: an empty message.
    assert_eq!(inflate(&mut alone(), b"\x00"), Ok(Vec::new()));
}

#[test]
fn an_empty_message_in_every_form() {
    let mut inflater = Inflater::new(agreed(direction(15)));
    for message in
        [&b""[..], b"\x00", b"\x01", b"\x02\x00", b"\x03\x00", b"\x03\x00\x00", b"\x01\x00\x00\xff\xff"]
    {
        assert_eq!(inflate(&mut inflater, message), Ok(Vec::new()), "{message:?}");
        assert_eq!(inflate(&mut inflater, b"\xf2\x48\xcd\xc9\xc9\x07\x00"), Ok(b"Hello".to_vec()));
    }
}

/// RFC 7692, section 7.2.1, allows the empty block whose end is not sent to be a final one, which nothing may follow.
#[test]
fn the_last_block_is_a_final_one_without_its_tail() {
    let mut inflater = Inflater::new(agreed(direction(15)));
    for number in 0..100 {
        let payload = chat(number);
        let mut message = Vec::with_capacity(payload.len() + 100);
        Compress::new(Level::fast(), false)
            .compress_vec(&payload, &mut message, FlushCompress::Sync)
            .unwrap();
        message.push(1);
        assert_eq!(inflate(&mut inflater, &message), Ok(payload.clone()));
        message.extend([0, 0, 0xff, 0xff]);
        assert_eq!(inflate(&mut inflater, &message), Ok(payload.clone()));
        message.truncate(message.len() - 3);
        assert_eq!(inflate(&mut inflater, &message), Err(InflateError::Corrupt));
    }
}

#[test]
fn final_blocks_do_not_end_the_stream() {
    let mut inflater = Inflater::new(agreed(direction(15)));
    for number in 0..100 {
        let payload = chat(number);
        // The byte that the RFC requires after the block may be there or not.
        let mut message = final_block(&payload);
        assert_eq!(inflate(&mut inflater, &message), Ok(payload.clone()));
        message.push(0);
        assert_eq!(inflate(&mut inflater, &message), Ok(payload));
    }
}

/// Each block starts with a reset of the sender, or refers to what came before.
#[test]
fn blocks_follow_a_final_one() {
    let words: Vec<Vec<u8>> = (0..8).map(chat).collect();
    let mut message: Vec<u8> = words.iter().flat_map(|word| final_block(word)).collect();
    message.push(0);
    let mut inflater = Inflater::new(agreed(direction(15)));
    assert_eq!(inflate(&mut inflater, &message), Ok(words.concat()));
    // "Hello" in a final block is followed by a reference to it, in the same message and in the next one.
    let mut inflater = Inflater::new(agreed(direction(15)));
    let message = [&b"\xf3\x48\xcd\xc9\xc9\x07\x00"[..], b"\xf2\x00\x11\x00\x00"].concat();
    assert_eq!(inflate(&mut inflater, &message), Ok(b"HelloHello".to_vec()));
    assert_eq!(inflate(&mut inflater, b"\xf2\x00\x11\x00\x00"), Ok(b"Hello".to_vec()));
    // References go back as far as a window reaches, over more than one block.
    let mut inflater = Inflater::new(agreed(direction(15)));
    let mut compress = Compress::new(Level::best(), false);
    let start = noise(5, 32_000);
    assert_eq!(inflate(&mut inflater, &deflate_ordinary(&mut compress, &start)), Ok(start.clone()));
    let next = deflate_ordinary(&mut compress, &start[..31_000]);
    assert!(next.len() < 1000);
    let message = [b"\x03\x00\x03\x00".to_vec(), next].concat();
    assert_eq!(inflate(&mut inflater, &message), Ok(start[..31_000].to_vec()));
}

#[test]
fn too_many_final_blocks_are_refused() {
    let mut inflater = Inflater::new(agreed(direction(15)));
    assert_eq!(inflate(&mut inflater, &b"\x03\x00".repeat(100_000)), Err(InflateError::Corrupt));
    assert_eq!(inflate(&mut inflater, &b"\x03\x00".repeat(16)), Ok(Vec::new()));
}

#[test]
fn the_limit_is_exact() {
    for size in [0, 1, 127, 128, 129, 1000, 4096, 65_536, LIMIT] {
        for payload in [vec![b'a'; size], noise(1, size)] {
            for message in
                [deflate_ordinary(&mut Compress::new(Level::fast(), false), &payload), final_block(&payload)]
            {
                let mut inflater = Inflater::new(agreed(direction(12)));
                assert!(inflate_up_to(size, &mut inflater, &message).as_ref() == Ok(&payload), "{size}");
                if size > 0 {
                    let result = inflate_up_to(size - 1, &mut inflater, &message);
                    assert!(result == Err(InflateError::TooBig), "{size}");
                }
            }
        }
    }
}

/// A match of one bit can fill the buffer after all of the input has been taken.
#[test]
fn nothing_is_lost_when_the_buffer_is_full_as_the_input_ends() {
    for size in 1..3000 {
        let payload = vec![b'a'; size];
        for message in
            [deflate_ordinary(&mut Compress::new(Level::best(), false), &payload), final_block(&payload)]
        {
            for limit in [size, size + 1, LIMIT] {
                let mut inflater = Inflater::new(agreed(direction(12)));
                assert!(inflate_up_to(limit, &mut inflater, &message).as_ref() == Ok(&payload), "{size}");
            }
        }
    }
}

#[test]
fn a_buffer_with_more_room_than_the_limit_is_not_filled() {
    let message = deflate_ordinary(&mut Compress::new(Level::fast(), false), &[b'a'; 101]);
    let mut out = Vec::with_capacity(1000);
    let mut inflater = Inflater::new(agreed(direction(12)));
    assert_eq!(inflater.inflate(&message, true, 100, &mut out), Err(InflateError::TooBig));
    assert_eq!(out.len(), 100);
}

#[test]
fn a_bomb_costs_no_more_than_the_limit() {
    // The bomb holds 1 GiB of zeros in 1 MiB: a block of 256 MiB is repeated, as it refers to nothing but zeros.
    let mut compress = Compress::new(Level::best(), false);
    let mut bomb = Vec::new();
    for _ in 0..64 {
        bomb.extend(deflate_ordinary(&mut compress, &[0; 16 * 1024]));
        bomb.extend(TAIL);
    }
    let bomb = bomb.repeat(1024);
    let (mut inflater, mut out) = (Inflater::new(agreed(direction(12))), Vec::new());
    assert_eq!(inflater.inflate(&bomb, false, LIMIT, &mut out), Err(InflateError::TooBig));
    assert!(out.capacity() <= LIMIT);
}

#[test]
fn little_room_is_reserved_for_little() {
    let mut inflater = Inflater::new(agreed(direction(12)));
    let message = deflate_ordinary(&mut Compress::new(Level::fast(), false), &chat(1));
    let mut out = Vec::new();
    inflater.inflate(&message, true, 1 << 40, &mut out).unwrap();
    assert_eq!(out, chat(1));
    assert!(out.capacity() < 4 * out.len() + 128);
}

#[test]
fn messages_cut_off_are_corrupt() {
    let payload = [chat(1), noise(1, 60), chat(2)].concat();
    for message in [
        deflate_ordinary(&mut Compress::new(Level::fast(), false), &payload),
        deflate_ordinary(&mut Compress::new(Level::best(), false), &payload),
        deflate_ordinary(&mut Compress::new(Level::none(), false), &payload),
        final_block(&payload),
    ] {
        for end in 1..message.len() - 1 {
            let mut inflater = Inflater::new(agreed(direction(12)));
            let result = inflate(&mut inflater, &message[..end]);
            // The first byte of a stored block is an empty message by itself.
            let is_empty = message[..end] == [0] && result == Ok(Vec::new());
            assert!(is_empty || result == Err(InflateError::Corrupt), "{end} of {message:?}: {result:?}");
        }
        assert_eq!(inflate(&mut Inflater::new(agreed(direction(12))), &message), Ok(payload.clone()));
    }
}

#[test]
fn what_is_not_deflate_is_corrupt() {
    for message in [
        &b"\xff"[..],
        b"\x06\x00",
        b"\x00\x05\x00\x00\x00Hello\x00",
        b"\xf2\x00\x11\x00\x00",
        b"Hello",
        b"\x00\x00",
    ] {
        let mut inflater = Inflater::new(agreed(direction(15)));
        assert_eq!(inflate(&mut inflater, message), Err(InflateError::Corrupt), "{message:?}");
    }
}

#[test]
fn without_takeover_nothing_is_remembered() {
    let mut inflater = Inflater::new(agreed(ALONE));
    let mut compress = Compress::new(Level::fast(), false);
    let first = deflate_ordinary(&mut compress, &chat(1));
    assert_eq!(inflate(&mut inflater, &first), Ok(chat(1)));
    assert_eq!(inflate(&mut inflater, &first), Ok(chat(1)));
    let second = deflate_ordinary(&mut compress, &chat(1));
    assert_eq!(inflate(&mut inflater, &second), Err(InflateError::Corrupt));
}

#[test]
fn an_error_and_a_drop_leave_no_trace_in_the_thread() {
    let message = deflate_ordinary(&mut Compress::new(Level::fast(), false), &chat(1).repeat(9));
    for round in 0..20 {
        let mut out = Vec::new();
        let mut dropped = Inflater::new(agreed(direction(12)));
        dropped.inflate(&message[..20 + round], false, LIMIT, &mut out).unwrap();
        drop(dropped);
        let mut failed = Inflater::new(agreed(direction(12)));
        assert!(inflate(&mut failed, &noise(round as u64, 50)).is_err() || round > 0);
        let mut inflater = Inflater::new(agreed(direction(12)));
        assert_eq!(inflate(&mut inflater, &message), Ok(chat(1).repeat(9)));
    }
}

fn payload() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => (0..1000_usize).prop_map(chat),
        1 => (any::<u64>(), 0..5000_usize).prop_map(|(seed, length)| noise(seed, length)),
        1 => (any::<u8>(), 0..70_000_usize).prop_map(|(byte, length)| vec![byte; length]),
        1 => (0..300_usize).prop_map(|count| (0..count).flat_map(chat).collect()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// Messages of an ordinary compressor with each window are cut anywhere, on several connections at once.
    #[test]
    fn ordinary_peers_are_understood(
        steps in prop::collection::vec((0..6_usize, payload(), prop::collection::vec(any::<prop::sample::Index>(), 0..4)), 1..40),
        bits in 9..=15_u8,
        level in 0..=9_u32,
    ) {
        let mut peers: Vec<_> = (0..6)
            .map(|_| (
                Compress::new_with_window_bits(Level::new(level), false, bits),
                Inflater::new(agreed(direction(bits))),
                None::<(Vec<u8>, Vec<u8>)>,
                Vec::new(),
            ))
            .collect();
        for (at, payload, cuts) in steps {
            let (compress, inflater, started, expected) = &mut peers[at];
            // The previous message was left open. It ends now, after others were begun.
            if let Some((rest, mut out)) = started.take() {
                prop_assert_eq!(inflater.inflate(&rest, true, LIMIT, &mut out), Ok(()));
                prop_assert!(&out == expected);
            }
            let message = deflate_ordinary(compress, &payload);
            let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(message.len() + 1)).collect();
            cuts.sort_unstable();
            let (mut out, mut from) = (Vec::new(), 0);
            for cut in cuts {
                prop_assert_eq!(inflater.inflate(&message[from..cut], false, LIMIT, &mut out), Ok(()));
                from = cut;
            }
            *expected = payload;
            *started = Some((message[from..].to_vec(), out));
        }
    }

    /// Arbitrary bytes give the same result as flate2 at one go, or an error. Feeding them one by one makes no
    /// difference.
    #[test]
    fn any_bytes(
        bytes in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..200),
            (payload(), any::<prop::sample::Index>(), any::<u8>()).prop_map(|(payload, at, byte)| {
                let mut message = deflate_ordinary(&mut Compress::new(Level::fast(), false), &payload);
                let at = at.index(message.len());
                message[at] ^= byte;
                message
            }),
        ],
        limit in prop_oneof![0..300_usize, Just(LIMIT)],
    ) {
        let whole = inflate_up_to(limit, &mut Inflater::new(agreed(direction(15))), &bytes);
        let (mut inflater, mut out) = (Inflater::new(agreed(direction(15))), Vec::new());
        let pieces = bytes.iter().try_for_each(|byte| inflater.inflate(&[*byte], false, limit, &mut out));
        let pieces = pieces.and_then(|()| inflater.inflate(&[], true, limit, &mut out));
        prop_assert_eq!(pieces.map(|()| out), whole.clone());

        let mut one_shot = Vec::with_capacity(LIMIT + 1);
        let input = [&bytes[..], &TAIL].concat();
        let mut decompress = Decompress::new(false);
        let status = decompress.decompress_vec(&input, &mut one_shot, FlushDecompress::Sync);
        match whole {
            Ok(plain) if status.as_ref().is_ok_and(|status| *status == flate2::Status::StreamEnd) => {
                prop_assert!(plain.starts_with(&one_shot));
            }
            Ok(plain) => prop_assert!(bytes.is_empty() || (status.is_ok() && plain == one_shot)),
            Err(InflateError::TooBig) => prop_assert!(one_shot.len() > limit || !bytes.is_empty()),
            Err(InflateError::Corrupt) => {}
        }
    }
}
