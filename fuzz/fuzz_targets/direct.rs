//! Any bytes for a request: the reader of handshakes that come whole, and hyper, which reads all others, answer alike.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u16, bool, &[u8])| {
    let (cut, is_valid, bytes) = input;
    if is_valid {
        // Header lines behind a valid head.
        let request =
            [ws_fuzz::HEAD[0].as_bytes(), b"/echo", ws_fuzz::HEAD[1].as_bytes(), bytes, b"\r\n\r\n"].concat();
        ws_fuzz::answers_alike(&request, usize::from(cut));
    } else {
        ws_fuzz::answers_alike(bytes, usize::from(cut));
    }
});
