//! Cookies as RFC 6265 defines them (sections 4.1.1 and 5.4), byte by byte.

/// Returns the values of a cookie in some `Cookie` headers, in order, as decoded bytes.
///
/// A header consists of pairs with `;` between them. Text without `=` is not a pair. A name is compared byte by byte. SP and
/// HTAB around names and values are ignored, while any other white space belongs to them. A value in quotes is the text between
/// them, in which `\` and three octal digits up to `\377` are a character of Latin-1, and `\` before anything else is that
/// character.
pub fn values(headers: &[&[u8]], name: &[u8]) -> Vec<Vec<u8>> {
    let mut values = Vec::new();
    for header in headers {
        let mut start = 0;
        for at in 0..=header.len() {
            if header.get(at).is_none_or(|byte| *byte == b';') {
                values.extend(value(&header[start..at], name));
                start = at + 1;
            }
        }
    }
    values
}

/// Returns `true` for a value that RFC 6265 lets a server set: cookie-octets, or these in quotes.
pub fn is_strict(value: &[u8]) -> bool {
    let octets = match value {
        [b'"', octets @ .., b'"'] => octets,
        octets => octets,
    };
    octets.iter().all(|byte| matches!(byte, 0x21 | 0x23..=0x2b | 0x2d..=0x3a | 0x3c..=0x5b | 0x5d..=0x7e))
}

fn value(pair: &[u8], name: &[u8]) -> Option<Vec<u8>> {
    let mut split = 0;
    while *pair.get(split)? != b'=' {
        split += 1;
    }
    if bare(&pair[..split]) != name {
        return None;
    }
    let value = bare(&pair[split + 1..]);
    let is_quoted = value.len() >= 2 && value[0] == b'"' && value[value.len() - 1] == b'"';
    Some(if is_quoted { unescape(&value[1..value.len() - 1]) } else { value.to_vec() })
}

fn bare(bytes: &[u8]) -> &[u8] {
    let is_blank = |byte: u8| byte == 0x20 || byte == 0x09;
    let (mut start, mut end) = (0, bytes.len());
    while start < end && is_blank(bytes[start]) {
        start += 1;
    }
    while start < end && is_blank(bytes[end - 1]) {
        end -= 1;
    }
    &bytes[start..end]
}

fn unescape(quoted: &[u8]) -> Vec<u8> {
    let (mut plain, mut at) = (Vec::new(), 0);
    while at < quoted.len() {
        let octal = quoted.get(at + 1..at + 4).and_then(|digits| str::from_utf8(digits).ok());
        // `from_str_radix` takes a sign too.
        let octal = octal.filter(|digits| digits.bytes().all(|digit| digit.is_ascii_digit()));
        let octal = octal.and_then(|digits| u8::from_str_radix(digits, 8).ok());
        match (quoted[at], octal) {
            (b'\\', Some(code)) => {
                plain.extend(char::from(code).to_string().bytes());
                at += 4;
            }
            (b'\\', None) if at + 1 < quoted.len() => {
                plain.push(quoted[at + 1]);
                at += 2;
            }
            (byte, _) => {
                plain.push(byte);
                at += 1;
            }
        }
    }
    plain
}
