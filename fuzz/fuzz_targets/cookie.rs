//! Any bytes for a `Cookie` header, encoded or as they are.
#![no_main]

use libfuzzer_sys::fuzz_target;
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use ws_fuzz::ask;

fuzz_target!(|bytes: &[u8]| {
    let encoded = percent_encode(bytes, NON_ALPHANUMERIC);
    let answer = ask("/cookie", format!("Cookie: other=1; value={encoded}\r\n").as_bytes(), b"", usize::MAX);
    match str::from_utf8(bytes) {
        Ok(text) => assert_eq!(answer.texts(), [text]),
        Err(_) => assert!(matches!(answer.close_code(), Some(1000 | 1008))),
    }

    let raw: Vec<u8> = bytes.iter().copied().filter(|byte| !matches!(byte, 0..=31 | 127)).collect();
    ask("/cookie", &[b"Cookie: value=", &*raw, b"\r\n"].concat(), b"", usize::MAX);
    ask("/cookie", &[b"Cookie: ", &*raw, b"\r\n"].concat(), b"", usize::MAX);
});
