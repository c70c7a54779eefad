//! [`Packed`]: the target and the headers of a request, as they are kept for an open connection.

use std::{borrow::Cow, sync::OnceLock};

use http::{HeaderMap, HeaderName, HeaderValue, Uri};

/// The target and the headers of a request, in a single allocation of their exact size.
///
/// A [`HeaderMap`] with one header is as large as one with six, each value has a buffer of its own, and hyper slices
/// all of them from its read buffer of 8 KiB. An idle connection would keep all that: it takes 3.6 kB in total with
/// them, and 2.8 kB without. The request is therefore kept as lines of text, from which a [`Uri`] and a map are built
/// when they are first requested.
pub(crate) struct Packed {
    /// The target, then `name:value` for each header, each followed by a line feed. A target and a value contain no
    /// line feed, and a name contains no colon (RFC 9112, section 3.2; RFC 9110, sections 5.1 and 5.5).
    lines: Box<[u8]>,
    uri: OnceLock<Box<Uri>>,
    headers: OnceLock<Box<HeaderMap>>,
}

const PLAIN: u8 = b':';
/// Replaces the colon if the value [is sensitive](HeaderValue::is_sensitive). A name cannot contain it either.
const SENSITIVE: u8 = b';';

impl Packed {
    pub(crate) fn new(uri: &Uri, headers: &HeaderMap) -> Self {
        let target = match (uri.scheme(), uri.path_and_query()) {
            (None, Some(target)) => Cow::Borrowed(target.as_str()),
            // This form of the target is used in requests to proxies.
            _ => Cow::Owned(uri.to_string()),
        };
        let length = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 2).sum::<usize>();
        let mut lines = Vec::with_capacity(target.len() + 1 + length);
        lines.extend_from_slice(target.as_bytes());
        lines.push(b'\n');
        for (name, value) in headers {
            lines.extend_from_slice(name.as_str().as_bytes());
            lines.push(if value.is_sensitive() { SENSITIVE } else { PLAIN });
            lines.extend_from_slice(value.as_bytes());
            lines.push(b'\n');
        }
        Self { lines: lines.into(), uri: OnceLock::new(), headers: OnceLock::new() }
    }

    /// Returns the line of the target, and the lines of the headers.
    fn split(&self) -> (&[u8], &[u8]) {
        let end = self.lines.iter().position(|byte| *byte == b'\n').unwrap_or_default();
        (&self.lines[..end], &self.lines[end + 1..])
    }

    /// Returns the target if it is a path with or without a query, as in nearly all requests.
    fn origin_form(&self) -> Option<&str> {
        let (target, _) = self.split();
        std::str::from_utf8(target).ok().filter(|target| target.starts_with('/'))
    }

    /// Returns the path, which is still percent-encoded.
    pub(crate) fn path(&self) -> &str {
        match self.origin_form() {
            Some(target) => target.split_once('?').map_or(target, |(path, _)| path),
            None => self.uri().path(),
        }
    }

    /// Returns the query, which is still percent-encoded, and empty if there is none.
    pub(crate) fn query(&self) -> &str {
        match self.origin_form() {
            Some(target) => target.split_once('?').map_or("", |(_, query)| query),
            None => self.uri().query().unwrap_or_default(),
        }
    }

    pub(crate) fn uri(&self) -> &Uri {
        self.uri.get_or_init(|| {
            let (target, _) = self.split();
            // This cannot fail, because the target comes from a `Uri`.
            Box::new(Uri::try_from(target).unwrap_or_default())
        })
    }

    /// Returns the values of the header `name`, compared case-insensitively.
    pub(crate) fn get_all<'a>(&'a self, name: &str) -> impl DoubleEndedIterator<Item = &'a [u8]> {
        self.split().1.split(|byte| *byte == b'\n').filter_map(move |line| {
            let (found, rest) = line.split_at_checked(name.len())?;
            let ([PLAIN | SENSITIVE, value @ ..], true) = (rest, found.eq_ignore_ascii_case(name.as_bytes()))
            else {
                return None;
            };
            Some(value)
        })
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        self.headers.get_or_init(|| {
            let lines = self.split().1.split(|byte| *byte == b'\n');
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

    fn packed(headers: &HeaderMap) -> Packed {
        Packed::new(&Uri::from_static("/"), headers)
    }

    #[test]
    fn a_target_stays_as_it_was() {
        for text in [
            "/",
            "/items/a%2Fb/ws?q=%20x&r",
            "/?",
            "/a?b?c:d",
            "http://example.com:8000/items?q",
            "http://example.com",
            "*",
        ] {
            let uri: Uri = text.parse().unwrap();
            let packed = Packed::new(&uri, &some());
            assert_eq!(
                (packed.path(), packed.query()),
                (uri.path(), uri.query().unwrap_or_default()),
                "{text}"
            );
            assert_eq!(*packed.uri(), uri, "{text}");
            assert_eq!(*packed.headers(), some());
        }
    }

    #[test]
    fn every_header_stays_as_it_was() {
        let headers = some();
        let packed = packed(&headers);
        let unpacked = packed.headers();
        assert_eq!(*unpacked, headers);
        assert!(unpacked.keys().eq(headers.keys()), "their order too");
        assert!(unpacked["cookie"].is_sensitive() && !unpacked["host"].is_sensitive());
        assert!(self::packed(&HeaderMap::new()).headers().is_empty());
    }

    #[test]
    fn values_are_found_by_their_whole_name_in_any_case() {
        let headers = some();
        let packed = packed(&headers);
        for name in ["host", "Host", "X-List", "cookie", "x", "x-", "hos", "", "example.com", "x-list:first"]
        {
            let expected: Vec<_> = match name.parse::<HeaderName>() {
                Ok(name) => headers.get_all(name).iter().map(HeaderValue::as_bytes).collect(),
                Err(_) => Vec::new(),
            };
            assert_eq!(packed.get_all(name).collect::<Vec<_>>(), expected, "{name}");
        }
        assert!(self::packed(&HeaderMap::new()).get_all("").next().is_none());
    }
}
