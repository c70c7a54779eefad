//! Sends frames to an endpoint and to a client. Both send back every message, and their answers equal those of a plain reader of
//! the same bytes.
//!
//! The first byte of the input: 1 selects the client instead of the endpoint, 2 is compression, and 4 takes the rest as bytes on
//! the wire instead of a [`script`]. The second byte is how many bytes are sent at a time.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ws_fuzz::{
    OFFER, ask, ask_client,
    frames::{Side, script},
    model::{End, Told},
};
use ws_runtime::client::Ended;

fuzz_target!(|bytes: &[u8]| {
    let [flags, piece, rest @ ..] = bytes else { return };
    let (from, deflate) = (if flags & 1 == 0 { Side::Client } else { Side::Server }, flags & 2 != 0);
    let bytes = if flags & 4 == 0 { script(rest, from) } else { rest.to_vec() };
    let piece = if *piece == 0 { usize::MAX } else { usize::from(*piece) };
    let told = Told::read(&bytes, from, deflate);
    if from == Side::Client {
        let (target, header) = if deflate { ("/echo", OFFER) } else { ("/plain", "") };
        let answer = ask(target, header.as_bytes(), &bytes, piece);
        assert_eq!(answer.status, 101);
        told.check_echo(&answer.frames);
        return;
    }
    let (frames, ended) = ask_client(&bytes, piece, deflate);
    told.check_echo(&frames);
    match told.end {
        End::Whole | End::Cut => assert!(matches!(ended, Ended::Lost), "{ended:?}"),
        End::Closed(code) => {
            assert!(
                matches!(&ended, Ended::Peer(close) if close.as_ref().map(|close| close.code) == code),
                "{ended:?}"
            );
        }
        End::Broken(codes) => {
            assert!(
                matches!(&ended, Ended::Local(close) if codes.contains(&close.code().as_u16())),
                "{ended:?}"
            );
        }
        End::Unknown => assert!(matches!(ended, Ended::Lost | Ended::Local(_)), "{ended:?}"),
    }
});
