//! Who may connect, by `Origin`, and under which name, by `Host`.

use http::uri::Authority;

use super::{
    HttpError,
    check::{OpeningHeaders, Singleton},
};

/// The web pages that may connect, by their `Origin` header (RFC 6455, section 10.2).
///
/// Browsers let any page open a WebSocket to any host, and send that host's cookies along. So by default only pages
/// of the same host and port pass: those whose `Origin` says what `Host` says. A list allows more; clients that send
/// no `Origin` are no browsers, and pass.
///
/// ```
/// use ws_runtime::{App, Origins};
///
/// let app = App::new().origins(["https://example.com", "https://admin.example.com:8443"]);
/// let open = App::new().origins(Origins::any());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origins(Allowed);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Allowed {
    /// The same origin, and these.
    SameAnd(Vec<String>),
    Any,
}

impl Origins {
    /// Only pages of the same host and port: the default.
    #[must_use]
    pub fn same() -> Self {
        Self(Allowed::SameAnd(Vec::new()))
    }

    /// Every page. Do not use cookies to tell who is there.
    #[must_use]
    pub fn any() -> Self {
        Self(Allowed::Any)
    }

    /// What in the list can never be an `Origin`.
    pub(crate) fn mistakes(&self) -> impl Iterator<Item = &str> {
        let listed = match &self.0 {
            Allowed::SameAnd(listed) => listed.as_slice(),
            Allowed::Any => &[],
        };
        listed
            .iter()
            .map(String::as_str)
            .filter(|origin| *origin != "null" && Origin::parse(origin).is_none())
    }

    fn allow(&self, origin: &str, host: &str) -> bool {
        let Allowed::SameAnd(more) = &self.0 else { return true };
        // `null` has no host, so it is never the same origin, and neither are two headers in one.
        let Some(origin) = Origin::parse(origin) else {
            return more.iter().any(|allowed| allowed == origin);
        };
        origin.is_host(host) || more.iter().any(|allowed| Origin::parse(allowed).as_ref() == Some(&origin))
    }
}

impl Default for Origins {
    fn default() -> Self {
        Self::same()
    }
}

impl<T: Into<String>, const N: usize> From<[T; N]> for Origins {
    /// The same origin, and these.
    fn from(origins: [T; N]) -> Self {
        Self(Allowed::SameAnd(origins.into_iter().map(Into::into).collect()))
    }
}

impl From<Vec<String>> for Origins {
    /// The same origin, and these.
    fn from(origins: Vec<String>) -> Self {
        Self(Allowed::SameAnd(origins))
    }
}

impl From<&str> for Origins {
    /// The same origin, and this one.
    fn from(origin: &str) -> Self {
        Self::from([origin])
    }
}

/// `scheme://host[:port]`, with the port that the scheme implies (RFC 6454, section 4).
#[derive(Debug)]
struct Origin<'a> {
    scheme: &'a str,
    host: &'a str,
    port: u16,
}

impl<'a> Origin<'a> {
    fn parse(origin: &'a str) -> Option<Self> {
        let (scheme, authority) = origin.split_once("://")?;
        let (host, port) = split_port(authority)?;
        Some(Self { scheme, host, port: port.or_else(|| default_port(scheme))? })
    }

    fn is_host(&self, host: &str) -> bool {
        let Some((host, port)) = split_port(host) else { return false };
        // A `Host` without a port means the default port of the scheme that the page was loaded with.
        self.host.eq_ignore_ascii_case(host) && Some(self.port) == port.or_else(|| default_port(self.scheme))
    }
}

impl PartialEq for Origin<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.scheme.eq_ignore_ascii_case(other.scheme)
            && self.host.eq_ignore_ascii_case(other.host)
            && self.port == other.port
    }
}

fn default_port(scheme: &str) -> Option<u16> {
    let is = |names: [&str; 2]| names.iter().any(|name| scheme.eq_ignore_ascii_case(name));
    if is(["http", "ws"]) {
        Some(80)
    } else if is(["https", "wss"]) {
        Some(443)
    } else {
        None
    }
}

/// Splits `host[:port]`; the brackets of an IPv6 address stay.
fn split_port(authority: &str) -> Option<(&str, Option<u16>)> {
    if let Some(plain) = split_plain(authority) {
        return Some(plain);
    }
    let valid: Authority = authority.parse().ok()?;
    if authority.contains('@') {
        return None;
    }
    Some((&authority[..valid.host().len()], valid.port_u16()))
}

/// As [`split_port`] does, without a copy, for a name or an IPv4 address: what nearly every handshake has.
fn split_plain(authority: &str) -> Option<(&str, Option<u16>)> {
    let end = authority.bytes().position(|byte| !byte.is_ascii_alphanumeric() && !b".-".contains(&byte));
    let (host, rest) = authority.split_at_checked(end.unwrap_or(authority.len()))?;
    let digits = rest.strip_prefix(':').unwrap_or_default();
    let port = match rest {
        "" => None,
        _ if digits.bytes().all(|byte| byte.is_ascii_digit()) => Some(digits.parse().ok()?),
        _ => return None,
    };
    (!host.is_empty()).then_some((host, port))
}

pub(crate) fn check_origin(headers: &OpeningHeaders<'_>, origins: &Origins) -> Result<(), HttpError> {
    if let Singleton::Missing = headers.origin {
        return Ok(());
    }
    let (origin, host) = (headers.origin.text(), headers.host.text());
    if let Singleton::Once(_) = headers.origin
        && origins.allow(&origin, &host)
    {
        return Ok(());
    }
    // `null` is what a sandboxed frame or a local file says: nobody in particular.
    let way = if origin == "null" { "Origins::any()".to_owned() } else { format!("[{origin:?}]") };
    tracing::warn!(
        ?origin,
        ?host,
        "refused a handshake from another origin; to allow it: `.origins({way})` on the app, its router or the endpoint"
    );
    Err(HttpError::OriginNotAllowed)
}

/// The names that `Host` may have; empty allows all. `*.example.com` stands for every subdomain; a name without a
/// port for every port.
pub(crate) type Hosts = Vec<String>;

pub(crate) fn check_host(headers: &OpeningHeaders<'_>, hosts: &Hosts) -> Result<(), HttpError> {
    let host = headers.host.text();
    let Some((name, port)) = split_port(&host) else { return Err(HttpError::Host) };
    if hosts.is_empty() || hosts.iter().any(|allowed| host_matches(allowed, name, port)) {
        return Ok(());
    }
    tracing::warn!(
        ?host,
        "refused a handshake for another host; to allow it: `.hosts([{host:?}])` on the app, its router or the endpoint"
    );
    Err(HttpError::HostNotAllowed)
}

fn host_matches(allowed: &str, name: &str, port: Option<u16>) -> bool {
    if let Some(domain) = allowed.strip_prefix("*.") {
        let subdomain = name.len().checked_sub(domain.len() + 1);
        return subdomain.is_some_and(|end| {
            end > 0
                && name.is_char_boundary(end)
                && name[end..].strip_prefix('.').is_some_and(|name| name.eq_ignore_ascii_case(domain))
        });
    }
    let Some((allowed, allowed_port)) = split_port(allowed) else { return false };
    allowed.eq_ignore_ascii_case(name) && (allowed_port.is_none() || allowed_port == port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_origin_has_the_same_host_and_port() {
        for (origin, host, same) in [
            ("http://example.com", "example.com", true),
            ("http://EXAMPLE.com", "example.COM", true),
            ("http://example.com:80", "example.com", true),
            ("http://example.com", "example.com:80", true),
            ("https://example.com", "example.com", true),
            ("https://example.com", "example.com:443", true),
            ("https://example.com", "example.com:80", false),
            ("http://example.com:8000", "example.com", false),
            ("http://localhost:3000", "localhost:8000", false),
            ("http://[::1]:8000", "[::1]:8000", true),
            ("http://example.com.evil.org", "example.com", false),
            ("http://example.com@evil.org", "example.com", false),
            ("null", "example.com", false),
            ("file://", "example.com", false),
            ("example.com", "example.com", false),
            ("", "example.com", false),
        ] {
            assert_eq!(Origins::same().allow(origin, host), same, "{origin} at {host}");
        }
    }

    #[test]
    fn a_list_allows_more_than_the_same_origin() {
        let origins = Origins::from(["https://a.example", "null"]);
        assert!(origins.allow("https://a.example:443", "b.example"));
        assert!(origins.allow("https://b.example", "b.example"));
        assert!(origins.allow("null", "b.example"));
        assert!(!origins.allow("http://a.example", "b.example"));
        assert!(Origins::any().allow("null", "b.example"));
    }

    #[test]
    fn plain_hosts_are_split_as_any_other() {
        for authority in ["example.com", "example.com:80", "127.0.0.1:8000", "a-b:0", "x:65535"] {
            let valid: Authority = authority.parse().unwrap();
            assert_eq!(split_plain(authority), Some((valid.host(), valid.port_u16())), "{authority}");
        }
        for authority in
            ["", ":80", "a:", "a:x", "a:70000", "a:+1", "[::1]:80", "a@b", "a_b", "a b", "\u{e9}"]
        {
            assert_eq!(split_plain(authority), None, "{authority}");
        }
    }

    #[test]
    fn hosts_match_by_name_and_port() {
        assert!(host_matches("example.com", "example.com", Some(8000)));
        assert!(host_matches("example.com:8000", "EXAMPLE.com", Some(8000)));
        assert!(!host_matches("example.com:8000", "example.com", None));
        assert!(host_matches("*.example.com", "a.b.example.com", None));
        assert!(!host_matches("*.example.com", "example.com", None));
        assert!(!host_matches("*.example.com", "evilexample.com", None));
    }
}
