//! [`Headers`]: the headers of a request, as an open connection keeps them.

use std::sync::OnceLock;

use http::{HeaderMap, HeaderName, HeaderValue};

/// The headers of a request, in one piece of memory of their size.
///
/// A [`HeaderMap`] of one header is as large as one of six, and each value has a buffer of its own: 770 bytes for the
/// handshake of a browser, which an idle connection would hold (3.6 kB in all with it, 2.9 kB without). So they are kept
/// as lines of text, which become a map once somebody asks for one.
pub(crate) struct Headers {
    /// `name:value\n` for each header: a name has no colon, and a value no line feed (RFC 9110, sections 5.1 and 5.5).
    lines: Box<[u8]>,
    map: OnceLock<Box<HeaderMap>>,
}

const PLAIN: u8 = b':';
/// Stands in place of the colon if the value [is sensitive](HeaderValue::is_sensitive): it is in no name either.
const SENSITIVE: u8 = b';';

impl Headers {
    pub(crate) fn new(map: &HeaderMap) -> Self {
        let length = map.iter().map(|(name, value)| name.as_str().len() + value.len() + 2).sum();
        let mut lines = Vec::with_capacity(length);
        for (name, value) in map {
            lines.extend_from_slice(name.as_str().as_bytes());
            lines.push(if value.is_sensitive() { SENSITIVE } else { PLAIN });
            lines.extend_from_slice(value.as_bytes());
            lines.push(b'\n');
        }
        Self { lines: lines.into(), map: OnceLock::new() }
    }

    /// The values of the header that is called `name`, in whatever case.
    pub(crate) fn get_all<'a>(&'a self, name: &str) -> impl DoubleEndedIterator<Item = &'a [u8]> {
        self.lines.split(|byte| *byte == b'\n').filter_map(move |line| {
            let (found, rest) = line.split_at_checked(name.len())?;
            let ([PLAIN | SENSITIVE, value @ ..], true) = (rest, found.eq_ignore_ascii_case(name.as_bytes()))
            else {
                return None;
            };
            Some(value)
        })
    }

    pub(crate) fn map(&self) -> &HeaderMap {
        self.map.get_or_init(|| {
            let lines = self.lines.split(|byte| *byte == b'\n');
            Box::new(lines.filter_map(header).collect())
        })
    }
}

fn header(line: &[u8]) -> Option<(HeaderName, HeaderValue)> {
    let end = line.iter().position(|byte| matches!(*byte, PLAIN | SENSITIVE))?;
    let mut value = HeaderValue::from_bytes(&line[end + 1..]).ok()?;
    value.set_sensitive(line[end] == SENSITIVE);
    Some((HeaderName::from_bytes(&line[..end]).ok()?, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some() -> HeaderMap {
        let mut secret = HeaderValue::from_static("session=abc; theme=dark");
        secret.set_sensitive(true);
        let headers = [
            ("host", HeaderValue::from_static("example.com:8000")),
            ("x-list", HeaderValue::from_static("first")),
            ("cookie", secret),
            ("x-list", HeaderValue::from_static("")),
            ("x", HeaderValue::from_bytes(b"caf\xe9: \t;\x80").unwrap()),
        ];
        headers.into_iter().map(|(name, value)| (HeaderName::from_static(name), value)).collect()
    }

    #[test]
    fn every_header_stays_as_it_was() {
        let headers = some();
        let packed = Headers::new(&headers);
        assert_eq!(*packed.map(), headers);
        assert_eq!(Headers::new(packed.map()).lines, packed.lines, "their order too");
        assert!(packed.map()["cookie"].is_sensitive() && !packed.map()["host"].is_sensitive());
        assert!(Headers::new(&HeaderMap::new()).map().is_empty());
    }

    #[test]
    fn values_are_found_by_their_whole_name_in_any_case() {
        let headers = some();
        let packed = Headers::new(&headers);
        for name in ["host", "Host", "X-List", "cookie", "x", "x-", "hos", "", "example.com", "x-list:first"]
        {
            let expected: Vec<_> = match name.parse::<HeaderName>() {
                Ok(name) => headers.get_all(name).iter().map(HeaderValue::as_bytes).collect(),
                Err(_) => Vec::new(),
            };
            assert_eq!(packed.get_all(name).collect::<Vec<_>>(), expected, "{name}");
        }
        assert!(Headers::new(&HeaderMap::new()).get_all("").next().is_none());
    }
}
