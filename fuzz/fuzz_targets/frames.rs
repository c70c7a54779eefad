//! Any bytes behind a handshake: what comes back is frames, and says what was wrong.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ws_fuzz::ask;

fuzz_target!(|input: (u8, Vec<(u8, bool, Vec<u8>)>, &[u8])| {
    let (piece, frames, rest) = input;
    let mut bytes = Vec::new();
    for (first, masked, payload) in frames {
        let mask = [1, 2, 3, first];
        bytes.push(first);
        let bit = if masked { 0x80 } else { 0 };
        match u8::try_from(payload.len()) {
            Ok(len @ ..=125) => bytes.push(bit | len),
            _ => {
                bytes.push(bit | 126);
                bytes.extend((payload.len() as u16).to_be_bytes());
            }
        }
        if masked {
            bytes.extend(mask);
        }
        bytes.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| if masked { byte ^ mask } else { *byte }));
    }
    bytes.extend(rest);
    let answer = ask("/echo", b"", &bytes, usize::from(piece));
    assert_eq!(answer.status, 101);
    answer.texts();
    if let Some(code) = answer.close_code() {
        assert!(matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999), "{code}");
    }
});
