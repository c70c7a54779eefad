//! Arbitrary bytes as `Cookie` headers, one on each line: the values equal those of a strict model.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ws_fuzz::{ask, cookies};

const NAME: &[u8] = b"__Host-id";

fuzz_target!(|bytes: &[u8]| {
    // Bytes that a header can contain. A server refuses requests with too many lines.
    let lines: Vec<Vec<u8>> = bytes
        .split(|byte| *byte == b'\n')
        .take(8)
        .map(|line| line.iter().copied().filter(|byte| *byte == b'\t' || !byte.is_ascii_control()).collect())
        .collect();
    check(&lines.iter().map(Vec::as_slice).collect::<Vec<_>>());

    // The same bytes as a value, beside others.
    let value = [b"a=b; __Host-id=", &*lines[0], b" ;c"].concat();
    check(&[&value]);
    if cookies::is_strict(&lines[0]) {
        let text = str::from_utf8(&lines[0]).expect("cookie-octets are ASCII");
        let plain = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
        assert_eq!(cookies::values(&[&value], NAME), [plain.as_bytes()]);
    }
});

fn check(lines: &[&[u8]]) {
    let values = cookies::values(lines, NAME);
    let texts: Vec<_> = values.into_iter().map(|value| String::from_utf8(value).ok()).collect();
    let header: Vec<u8> = lines.iter().flat_map(|line| [b"Cookie: ", *line, b"\r\n"].concat()).collect();

    let answer = ask("/cookies", &header, b"", usize::MAX);
    match texts.iter().cloned().collect::<Option<Vec<_>>>() {
        Some(texts) => {
            assert_eq!(answer.texts(), texts);
            assert_eq!(answer.close_code(), Some(1000));
        }
        // A value that is not text is an error of the parameter.
        None => assert_eq!(answer.close_code(), Some(1008)),
    }

    // The last of several values counts.
    let answer = ask("/session", &header, b"", usize::MAX);
    let last = texts.last().cloned().flatten();
    assert_eq!(answer.texts(), last.into_iter().collect::<Vec<_>>());
    assert_eq!(answer.close_code(), Some(1000));
}
