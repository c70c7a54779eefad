//! The syntax of names on the wire: RFC 9110 tokens and RFC 3986 path segments.

/// Returns `true` if the text is a token (RFC 9110, section 5.6.2, which RFC 6455 requires of subprotocols too).
pub(super) fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// Returns the text as a URI carries it in a path segment: characters that are not a `pchar` (RFC 3986, section 3.3) are
/// percent-encoded.
pub(super) fn encode_segment(text: &str) -> String {
    let mut encoded = String::new();
    let bytes = text.as_bytes();
    for (index, &byte) in bytes.iter().enumerate() {
        let is_encoded = byte == b'%'
            && bytes.get(index + 1..index + 3).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit));
        if is_encoded || byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.extend(['%', hex_digit(byte >> 4), hex_digit(byte & 0xf)]);
        }
    }
    encoded
}

fn hex_digit(value: u8) -> char {
    char::from_digit(value.into(), 16).unwrap_or_default().to_ascii_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_have_no_separators() {
        assert!(is_token("graphql-ws"));
        for text in ["", "a b", "a,b", "\"a\"", "é", "a/b", "a;"] {
            assert!(!is_token(text), "{text:?}");
        }
    }

    #[test]
    fn segments_are_encoded_once() {
        assert_eq!(encode_segment("caf\u{e9} 1"), "caf%C3%A9%201");
        assert_eq!(encode_segment("a%20b@c:d"), "a%20b@c:d");
        assert_eq!(encode_segment("100%"), "100%25");
    }
}
