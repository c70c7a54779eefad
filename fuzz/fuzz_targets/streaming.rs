//! Frames for an endpoint that sends without end: it still answers pings, Close frames and violations.
//!
//! The first byte of the input: 1 is that the endpoint does not receive, 2 is compression, 4 is as for `frames`, and the
//! next two bits choose how much is in a message of the endpoint's. The second byte is how many bytes are sent at a time.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ws_fuzz::{
    OFFER, ask_stream,
    frames::{Side, script},
    model::{End, Told},
};

fuzz_target!(|bytes: &[u8]| {
    let [flags, piece, rest @ ..] = bytes else { return };
    let (drain, deflate) = (flags & 1 == 0, flags & 2 != 0);
    let bytes = if flags & 4 == 0 { script(rest, Side::Client) } else { rest.to_vec() };
    let piece = if *piece == 0 { usize::MAX } else { usize::from(*piece) };
    let size = [100, 1_000, 9_000, 20_000][usize::from(flags >> 3 & 3)];
    let mut told = Told::read(&bytes, Side::Client, deflate);
    // Unread messages fill the space for them, and then nothing more is read.
    let unread: usize = told.messages.iter().map(|(_, payload)| payload.len()).sum();
    let is_heard = drain || told.messages.len() < 32 && unread < 64 * 1024;
    let is_heard = is_heard && told.end != End::Unknown;
    let (path, header) = if deflate { ("/stream", OFFER) } else { ("/plain/stream", "") };
    let target = format!("{path}?size={size}&drain={drain}");
    let control = ask_stream(&target, header.as_bytes(), &bytes, piece, &mut told, is_heard);
    if is_heard {
        told.check_control(&control);
    }
});
