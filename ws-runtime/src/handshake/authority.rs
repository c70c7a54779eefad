//! [`Authority`]: a host and its port, as in `Host`, `Origin` and request targets, and the patterns that match them.

use std::net::Ipv6Addr;

/// An authority `host[:port]` (RFC 3986, section 3.2), without user information.
#[derive(Debug, Clone, Copy)]
pub(super) struct Authority<'a> {
    pub(super) host: Host<'a>,
    /// The port as written. If it is absent, the scheme may imply one.
    pub(super) port: Option<u16>,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Host<'a> {
    /// A name or an IPv4 address.
    Name(&'a str),
    V6(Ipv6Addr),
}

impl<'a> Authority<'a> {
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let (host, port) = split(text)?;
        let host = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
            Some(address) => Host::V6(address.parse().ok()?),
            None if is_name(host) => Host::Name(host),
            None => return None,
        };
        let port = match port {
            // RFC 3986, section 3.2.3, allows a colon without a port.
            None | Some("") => None,
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => Some(digits.parse().ok()?),
            Some(_) => return None,
        };
        Some(Self { host, port })
    }
}

impl PartialEq for Host<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Name(one), Self::Name(other)) => one.eq_ignore_ascii_case(other),
            (Self::V6(one), Self::V6(other)) => one == other,
            _ => false,
        }
    }
}

/// Splits off the port at its colon. The colons within `[::1]` are part of the address.
fn split(text: &str) -> Option<(&str, Option<&str>)> {
    let end = if text.starts_with('[') { text.find(']')? + 1 } else { text.find(':').unwrap_or(text.len()) };
    match text.split_at(end) {
        (host, "") => Some((host, None)),
        (host, port) => Some((host, Some(port.strip_prefix(':')?))),
    }
}

/// Returns `true` if the text is a `reg-name` (RFC 3986, section 3.2.2) and not empty.
fn is_name(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=%".contains(&byte);
    !text.is_empty() && text.bytes().all(is_allowed)
}

/// A pattern that a host and a port are compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AuthorityPattern {
    host: HostPattern,
    pub(super) port: PortPattern,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum HostPattern {
    /// A name in lower case.
    Name(String),
    /// `*.example.com`, stored without the star and in lower case.
    Subdomains(String),
    V6(Ipv6Addr),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PortPattern {
    /// Any port, written as `*`.
    Any,
    Only(u16),
    /// No port is written.
    Unsaid,
}

impl AuthorityPattern {
    /// Parses `host`, `*.host`, `host:port` or `host:*`.
    ///
    /// # Errors
    ///
    /// Returns a text that says what to write instead.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if !text.is_ascii() {
            return Err("write a name as browsers send it, in ASCII: `xn--…`".to_owned());
        }
        let (host, port) = split(text).ok_or("write a host and a port, as in `[::1]:8000`")?;
        let port = match port {
            None => PortPattern::Unsaid,
            Some("*") => PortPattern::Any,
            Some(port) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
                PortPattern::Only(port.parse().map_err(|_| "write a port from 0 to 65535, or `*` for any")?)
            }
            Some(_) => return Err("write a port from 0 to 65535, or `*` for any".to_owned()),
        };
        let (name, subdomains) = match host.strip_prefix("*.") {
            Some(domain) => (domain, true),
            None => (host, false),
        };
        if name.contains('*') {
            let help =
                "`*` stands for subdomains, as in `*.example.com`, or for the port, as in `localhost:*`";
            return Err(help.to_owned());
        }
        let host = match Authority::parse(name) {
            Some(Authority { host: Host::Name(name), port: None }) if subdomains => {
                HostPattern::Subdomains(name.to_ascii_lowercase())
            }
            Some(Authority { host: Host::Name(name), port: None }) => {
                HostPattern::Name(name.to_ascii_lowercase())
            }
            Some(Authority { host: Host::V6(address), port: None }) if !subdomains => {
                HostPattern::V6(address)
            }
            _ => {
                return Err(
                    "write a host such as `example.com`, `*.example.com`, `127.0.0.1` or `[::1]`".to_owned()
                );
            }
        };
        Ok(Self { host, port })
    }

    #[cfg(feature = "describe")]
    pub(super) fn text(&self) -> String {
        let host = match &self.host {
            HostPattern::Name(name) => name.clone(),
            HostPattern::Subdomains(domain) => format!("*.{domain}"),
            HostPattern::V6(address) => format!("[{address}]"),
        };
        match self.port {
            PortPattern::Any => format!("{host}:*"),
            PortPattern::Only(port) => format!("{host}:{port}"),
            PortPattern::Unsaid => host,
        }
    }

    pub(super) fn matches_host(&self, host: &Host<'_>) -> bool {
        match (&self.host, host) {
            (HostPattern::Name(name), Host::Name(host)) => name.eq_ignore_ascii_case(host),
            (HostPattern::Subdomains(domain), Host::Name(host)) => {
                let below = host.len().saturating_sub(domain.len() + ".".len());
                below > 0
                    && host.as_bytes()[below] == b'.'
                    && host.as_bytes()[below + 1..].eq_ignore_ascii_case(domain.as_bytes())
            }
            (HostPattern::V6(address), Host::V6(host)) => address == host,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authority_is_a_host_and_a_port() {
        for (text, host, port) in [
            ("example.com", "example.com", None),
            ("example.com:80", "EXAMPLE.com", Some(80)),
            ("example.com:", "example.com", None),
            ("my_service:00080", "my_service", Some(80)),
            ("127.0.0.1:8000", "127.0.0.1", Some(8000)),
            ("x:65535", "x", Some(65535)),
        ] {
            let Authority { host: found, port: found_port } = Authority::parse(text).unwrap();
            assert_eq!((found, found_port), (Host::Name(host), port), "{text}");
        }
        let Authority { host, port } = Authority::parse("[0:0::1]:8000").unwrap();
        assert_eq!((host, port), (Host::V6(Ipv6Addr::LOCALHOST), Some(8000)));
        for text in [
            "",
            ":80",
            "a:x",
            "a:70000",
            "a:+1",
            "a:-1",
            "a:80:80",
            "a b",
            "a/b",
            "a?b",
            "a#b",
            "a@b",
            "a\\b",
            "[::1",
            "::1",
            "[::1]80",
            "[::1]:x",
            "[localhost]",
            "[1:2:3:4:5:6:7:8:9]",
            "[::1%eth0]",
            "[]",
            "\u{e9}",
            "\"a\"",
        ] {
            assert!(Authority::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_pattern_may_have_stars_in_two_places() {
        let matches = |pattern: &str, host: &str| {
            AuthorityPattern::parse(pattern).unwrap().matches_host(&Authority::parse(host).unwrap().host)
        };
        assert!(matches("Example.com", "example.COM"));
        assert!(matches("*.example.com", "a.b.EXAMPLE.com"));
        assert!(matches("[::1]:*", "[0::1]"));
        for (pattern, host) in [
            ("*.example.com", "example.com"),
            ("*.example.com", ".example.com"),
            ("*.example.com", "evilexample.com"),
            ("*.example.com", "a.example.com.evil.example"),
            ("example.com", "a.example.com"),
            ("[::1]", "[::2]"),
        ] {
            assert!(!matches(pattern, host), "{pattern} {host}");
        }
        for pattern in
            ["", "*", "*.", "a.*", "a*.example", "*.*.example", "*.[::1]", "a:99999", "a:**", "a:8*", "é"]
        {
            assert!(AuthorityPattern::parse(pattern).is_err(), "{pattern}");
        }
    }
}
