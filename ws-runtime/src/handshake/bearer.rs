//! Bearer tokens in a handshake: the header `Authorization` (RFC 6750, section 2.1), and the pair of subprotocols that
//! replaces it in browsers, where scripts cannot set headers.

use super::trim_ows;

/// The subprotocol that a token follows.
const MARKER: &str = "bearer";

/// What the value of an `Authorization` header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Authorization<'a> {
    Token(&'a str),
    Malformed,
    OtherScheme,
}

impl<'a> Authorization<'a> {
    pub(super) fn of(value: &'a [u8]) -> Self {
        let value = trim_ows(value);
        let end = value.iter().position(|byte| *byte == b' ').unwrap_or(value.len());
        let (scheme, rest) = value.split_at(end);
        if !scheme.eq_ignore_ascii_case(MARKER.as_bytes()) {
            return Self::OtherScheme;
        }
        let token = std::str::from_utf8(trim_ows(rest)).ok().filter(|token| is_token(token));
        token.map_or(Self::Malformed, Self::Token)
    }
}

/// Returns the marker and the token of the first pair among the offered subprotocols.
pub(super) fn of_protocols<'a>(mut offered: impl Iterator<Item = &'a str>) -> Option<(&'a str, &'a str)> {
    let marker = offered.find(|offered| is_marker(offered))?;
    Some((marker, offered.next()?))
}

/// Leaves the tokens out of the offered subprotocols. They are secrets, so none of them is ever selected or logged.
pub(super) fn without_tokens<'a>(offered: impl Iterator<Item = &'a str>) -> impl Iterator<Item = &'a str> {
    let mut follows_marker = false;
    offered.filter(move |offered| {
        let is_token = follows_marker;
        follows_marker = !is_token && is_marker(offered);
        !is_token
    })
}

fn is_marker(offered: &str) -> bool {
    offered.eq_ignore_ascii_case(MARKER)
}

/// Returns `true` if the text is a `b64token` (RFC 6750, section 2.1).
fn is_token(text: &str) -> bool {
    let text = text.trim_end_matches('=').as_bytes();
    !text.is_empty() && text.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/".contains(byte))
}

#[cfg(test)]
mod tests {
    use super::{Authorization::*, *};

    #[test]
    fn a_header_has_a_scheme_and_one_token() {
        for (value, token) in [
            ("Bearer abc", Token("abc")),
            ("bearer  a.b-c_d~e+f/g==", Token("a.b-c_d~e+f/g==")),
            ("BEARER\tabc", OtherScheme),
            ("Bearer", Malformed),
            ("Bearer ", Malformed),
            ("Bearer ==", Malformed),
            ("Bearer a b", Malformed),
            ("Bearer a,b", Malformed),
            ("Basic abc", OtherScheme),
            ("Bearerabc", OtherScheme),
            ("", OtherScheme),
        ] {
            assert_eq!(Authorization::of(value.as_bytes()), token, "{value}");
        }
        assert_eq!(Authorization::of(b"Bearer \xff"), Malformed);
    }

    #[test]
    fn a_token_follows_its_marker_and_is_never_offered() {
        for (offered, pair, rest) in [
            ("bearer t", Some(("bearer", "t")), "bearer"),
            ("chat Bearer t", Some(("Bearer", "t")), "chat Bearer"),
            ("bearer t chat", Some(("bearer", "t")), "bearer chat"),
            ("bearer bearer chat", Some(("bearer", "bearer")), "bearer chat"),
            ("bearer a bearer b", Some(("bearer", "a")), "bearer bearer"),
            ("chat bearer", None, "chat bearer"),
            ("chat t", None, "chat t"),
        ] {
            assert_eq!(of_protocols(offered.split(' ')), pair, "{offered}");
            let left = without_tokens(offered.split(' ')).collect::<Vec<_>>().join(" ");
            assert_eq!(left, rest, "{offered}");
        }
    }
}
