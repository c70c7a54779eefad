//! Cookies (RFC 6265, section 5.4), and the quotes that some libraries put around their values.

use std::borrow::Cow;

use super::{NotText, RawValue, trim_ows};

/// Returns the values of the cookies with this name from all `Cookie` lines, without their quotes.
pub(crate) fn cookies<'a>(
    lines: impl Iterator<Item = &'a [u8]>,
    name: &str,
) -> impl Iterator<Item = RawValue<'a>> {
    pairs(lines).filter(move |(key, _)| *key == name.as_bytes()).map(|(_, value)| unquote(value))
}

/// Returns the cookies whose value [`cookies`] cannot borrow, in order.
pub(crate) fn escaped_cookies<'a>(lines: impl Iterator<Item = &'a [u8]>) -> Box<[(String, String)]> {
    let escaped = pairs(lines).filter_map(|(name, value)| match unquote(value) {
        Ok(Cow::Owned(value)) => Some((String::from_utf8(name.to_vec()).ok()?, value)),
        _ => None,
    });
    escaped.collect()
}

/// Returns every cookie as it was sent: its name, and its value with quotes and escapes.
///
/// This works on bytes, so that one cookie that is not UTF-8 does not affect the others. White space is only SP and
/// HTAB (RFC 9110, section 5.6.3): to a browser NBSP is part of a name, so a page of a sibling domain may set a cookie
/// named NBSP `__Host-session`, which must not be read as `__Host-session`.
fn pairs<'a>(lines: impl Iterator<Item = &'a [u8]>) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
    lines.flat_map(|line| line.split(|byte| *byte == b';')).filter_map(|pair| {
        let equals = pair.iter().position(|byte| *byte == b'=')?;
        Some((trim_ows(&pair[..equals]), trim_ows(&pair[equals + 1..])))
    })
}

/// Removes the quotes around a value and resolves the escapes within, as Python's `http.cookies` does.
///
/// Quotes have no meaning to browsers, but some libraries quote a value that contains a space or a comma. Octal escapes
/// are Latin-1: `\351` is `é`.
fn unquote(value: &[u8]) -> RawValue<'_> {
    let [b'"', quoted @ .., b'"'] = value else { return text(value) };
    if !quoted.contains(&b'\\') {
        return text(quoted);
    }
    let mut plain = Vec::with_capacity(quoted.len());
    let mut rest = quoted;
    while let Some((first, behind)) = rest.split_first() {
        rest = match (first, behind) {
            (b'\\', [a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', behind @ ..]) => {
                let code = (a - b'0') << 6 | (b - b'0') << 3 | (c - b'0');
                plain.extend_from_slice(char::from(code).encode_utf8(&mut [0; 2]).as_bytes());
                behind
            }
            (b'\\', [escaped, behind @ ..]) => {
                plain.push(*escaped);
                behind
            }
            _ => {
                plain.push(*first);
                behind
            }
        };
    }
    String::from_utf8(plain).map(Cow::Owned).map_err(|_| NotText)
}

fn text(value: &[u8]) -> RawValue<'_> {
    std::str::from_utf8(value).map(Cow::Borrowed).map_err(|_| NotText)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_value_is_read_as_python_reads_it() {
        for (sent, meant) in [
            ("abc", "abc"),
            (r#""abc""#, "abc"),
            (r#""x y""#, "x y"),
            (r#""""#, ""),
            (r#"""#, r#"""#),
            ("", ""),
            (r#""abc"#, r#""abc"#),
            (r#"abc""#, r#"abc""#),
            (r#"a"b"c"#, r#"a"b"c"#),
            (r#""a\"b""#, r#"a"b"#),
            (r#""a\\b""#, r"a\b"),
            (r#""a\073b\054c""#, "a;b,c"),
            (r#""caf\351""#, "café"),
            (r#""\377""#, "ÿ"),
            (r#""\400""#, "400"),
            (r#""\08""#, "08"),
            (r#""\""#, r"\"),
            (r"a\073b", r"a\073b"),
        ] {
            assert_eq!(unquote(sent.as_bytes()).unwrap(), meant, "{sent}");
        }
    }
}
