use proptest::{collection::vec, prelude::*, sample::select};

use super::*;
use crate::CloseCode;

const NODE: Node = Node(*b"0123456789abcdef");

#[test]
fn messages_survive() {
    for target in [Target::Everyone, Target::Except("a:b".into()), Target::Only("ä".into())] {
        for sent in [Message::from("täxt"), Message::from(vec![0, 255, b':']), Message::from("")] {
            let bytes = message(NODE, &target, &sent);
            assert_eq!(event(bytes.into()), Some((NODE, Event::Message(target.clone(), sent))));
        }
    }
}

#[test]
fn closes_and_retained_messages_survive() {
    let sent = Close::new(CloseCode::POLICY_VIOLATION, "ünwanted: 1");
    for target in [Target::Everyone, Target::Except("a".into()), Target::Only("ä:".into())] {
        let bytes = close(NODE, &target, &sent);
        assert!(!is_message(&bytes) && !is_retained(&bytes));
        assert_eq!(event(bytes.into()), Some((NODE, Event::Close(target, sent.clone()))));
    }
    for (message, told) in
        [(Some(Message::from("")), true), (Some(Message::from(vec![1])), false), (None, false)]
    {
        let bytes = retained(NODE, message.as_ref(), told);
        assert!(!is_message(&bytes) && is_retained(&bytes));
        assert_eq!(event(bytes.into()), Some((NODE, Event::Retained { message, told })));
    }
}

#[test]
fn what_is_cut_off_or_foreign_is_refused() {
    let whole = message(NODE, &Target::Only("bob".into()), &Message::from("hello"));
    for length in 0..whole.len() - 5 {
        assert_eq!(event(whole[..length].to_vec().into()), None, "{length} bytes");
    }
    let strange: [&[u8]; 11] = [
        b"0123456789abcdefC*100",
        b"0123456789abcdefC*1005",
        b"0123456789abcdefC*+100x",
        b"0123456789abcdefR",
        b"0123456789abcdefR*x",
        b"0123456789abcdefM*t\xff",
        b"0123456789abcdefM*x",
        b"0123456789abcdefX",
        b"0123456789abcdefJ99999999999999999999:a",
        b"0123456789abcdefJ-1:a",
        b"0123456789abcdefJ:",
    ];
    for bytes in strange {
        assert_eq!(event(Bytes::from_static(bytes)), None, "{bytes:?}");
    }
    assert_eq!(snapshot(Bytes::from_static(b"1:a3:bob1:x")), None);
    assert_eq!(entry(b"5:ab".to_vec()), None);
}

#[test]
fn the_inputs_that_the_fuzzer_starts_from_are_understood_alike() {
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/corpus/redis");
    // A published crate has no corpus.
    let Ok(seeds) = std::fs::read_dir(corpus) else { return };
    seeds.for_each(|seed| check(&std::fs::read(seed.unwrap().path()).unwrap()));
}

proptest! {
    #[test]
    fn any_bytes_are_refused_or_mean_what_they_say(bytes in vec(any::<u8>(), 0..200)) {
        check(&bytes);
    }

    // Pieces of what is written, in any order: most of it is understood in part.
    #[test]
    fn any_pieces_are_refused_or_mean_what_they_say(
        pieces in vec(
            select(vec![
                "0123456789abcdef", "J", "L", "M", "C", "R", ".", "1008", "H", "X", "3:1-0", "*", "-", "=", "t", "b", ":", "0:", "1:a", "2:\u{e4}",
                "4:room", "3:bob", "33:0123456789abcdef0000000000001000b", "32:0123456789abcdef0000000000001000",
                "x", "18446744073709551616:", "-1:",
            ]),
            0..12,
        ),
    ) {
        check(pieces.concat().as_bytes());
    }
}
