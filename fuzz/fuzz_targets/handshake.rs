//! Arbitrary bytes as a request: the answer is well-formed HTTP, or the end of the stream.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u8, &[u8])| {
    let (piece, bytes) = input;
    let answer = ws_fuzz::exchange(bytes, usize::from(piece));
    ws_fuzz::response(&answer);
    // Header lines after a valid head.
    let request =
        [ws_fuzz::HEAD[0].as_bytes(), b"/echo", ws_fuzz::HEAD[1].as_bytes(), bytes, b"\r\n\r\n"].concat();
    let answer = ws_fuzz::exchange(&request, usize::from(piece) + 64);
    ws_fuzz::response(&answer);
});
