//! Arbitrary bytes as a path segment, encoded or as they are.
#![no_main]

use libfuzzer_sys::fuzz_target;
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use ws_fuzz::ask;

fuzz_target!(|bytes: &[u8]| {
    let encoded = percent_encode(bytes, NON_ALPHANUMERIC);
    let answer = ask(&format!("/path/{encoded}"), b"", b"", usize::MAX);
    match str::from_utf8(bytes) {
        Ok("") => assert_eq!(answer.status, 404),
        Ok(text) => {
            assert_eq!(answer.texts(), [text]);
            assert_eq!(answer.close_code(), Some(1000));
        }
        Err(_) => assert_eq!(answer.close_code(), Some(1008)),
    }

    let raw: String =
        bytes.iter().filter(|byte| byte.is_ascii_graphic()).map(|byte| char::from(*byte)).collect();
    ask(&format!("/path/{raw}"), b"", b"", usize::MAX);
    ask(&format!("/rest/{raw}"), b"", b"", usize::MAX);
});
