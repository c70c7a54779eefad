//! Any bytes for a `Cookie` header. A value without quotes is what was sent.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ws_fuzz::ask;

fuzz_target!(|bytes: &[u8]| {
    // RFC 6265, section 4.1.1: no control character, whitespace, quote, comma, semicolon or backslash.
    let value: String = bytes
        .iter()
        .filter(|byte| byte.is_ascii_graphic() && !b"\",;\\".contains(byte))
        .map(|byte| char::from(*byte))
        .collect();
    let answer = ask("/cookie", format!("Cookie: other=1; value={value}\r\n").as_bytes(), b"", usize::MAX);
    assert_eq!(answer.texts(), [value]);

    let raw: Vec<u8> = bytes.iter().copied().filter(|byte| !matches!(byte, 0..=31 | 127)).collect();
    ask("/cookie", &[b"Cookie: value=", &*raw, b"\r\n"].concat(), b"", usize::MAX);
    ask("/cookie", &[b"Cookie: ", &*raw, b"\r\n"].concat(), b"", usize::MAX);
});
