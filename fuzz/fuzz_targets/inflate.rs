//! Arbitrary bytes as two compressed messages: the result equals what `flate2` inflates in one go.
//!
//! The first byte of the input: 1 is text, and 2 means that the second message may not refer to the first. The second byte is
//! the size of a fragment, or 0 for a single fragment. The third byte says where the second message starts, in units of 1/256
//! of the input; with 0 there is one message.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ws_fuzz::{
    LIMIT, OFFER, ask,
    deflate::{Inflated, inflate},
    frames::{BINARY, FIN, RSV1, Side, TEXT, frame},
};

fuzz_target!(|bytes: &[u8]| {
    let [flags, fragment, split, rest @ ..] = bytes else { return };
    let opcode = if flags & 1 == 0 { BINARY } else { TEXT };
    let takes_over = flags & 2 == 0;
    let fragment = if *fragment == 0 { usize::MAX } else { usize::from(*fragment) };
    let (first, second) = rest.split_at(rest.len() * usize::from(*split) / 256);

    let (mut sent, mut expected, mut history) = (Vec::new(), Vec::new(), Vec::new());
    let mut broken = None;
    for message in [first, second].into_iter().filter(|message| !message.is_empty()) {
        let mut bits = RSV1 | opcode;
        let mut parts = message.chunks(fragment).peekable();
        while let Some(part) = parts.next() {
            frame(if parts.peek().is_some() { bits } else { bits | FIN }, part, Side::Client, &mut sent);
            bits = 0;
        }
        match inflate(message, if takes_over { &history } else { &[] }, LIMIT) {
            Inflated::Broken(codes) => broken = Some(codes),
            Inflated::Message(plain) if opcode == TEXT && str::from_utf8(&plain).is_err() => {
                broken = Some(&[1007])
            }
            Inflated::Message(plain) => {
                history.extend(&plain);
                expected.push(plain);
            }
        }
        if broken.is_some() {
            break;
        }
    }

    let by_itself = "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover\r\n";
    let answer = ask("/echo", if takes_over { OFFER } else { by_itself }.as_bytes(), &sent, usize::MAX);
    let (messages, others): (Vec<_>, Vec<_>) =
        answer.frames.into_iter().partition(|frame| matches!(frame.opcode, TEXT | BINARY));
    assert!(messages.iter().all(|message| message.opcode == opcode));
    let messages: Vec<_> = messages.into_iter().map(|message| message.payload).collect();
    match broken {
        None => {
            assert!(messages == expected, "another message came back");
            assert_eq!(others, []);
        }
        Some(codes) => {
            assert!(expected.starts_with(&messages), "another message came back");
            let code = others.last().and_then(|frame| frame.close_code());
            assert!(code.is_some_and(|code| codes.contains(&code)), "{code:?}, not {codes:?}");
        }
    }
});
