//! [`Origins`]: the web pages that may connect, identified by `Origin`.

use super::{
    HttpError, Refusals, Unmatchable,
    authority::{Authority, AuthorityPattern, PortPattern},
    check::{Checked, Singleton},
};

/// The web pages that may connect, identified by their `Origin` header (RFC 6455, section 10.2).
///
/// Browsers let any page open a WebSocket to any host, and send the cookies of that host along. By default only pages
/// of the same host and port may therefore connect: those whose `Origin` matches `Host`. A list allows more origins.
/// Clients that send no `Origin` are not browsers, and may always connect.
///
/// Over TLS, and behind a [trusted proxy](crate::App::trusted_proxies) that says how its client connected, the scheme has
/// to match too. A plain connection does not tell, as a proxy may have terminated TLS. If a trusted proxy names the host
/// that its client asked for, this host counts in place of `Host`.
///
/// ```
/// use ws_runtime::{App, Origins};
///
/// let app = App::new().origins(["https://example.com", "https://admin.example.com:8443"]);
/// let open = App::new().origins(Origins::any());
/// ```
///
/// | in the list | allows |
/// |---|---|
/// | `https://example.com`, `http://localhost:3000` | this scheme, host and port; without a port the scheme's own |
/// | `https://*.example.com` | every subdomain, at any depth; not `https://example.com` itself |
/// | `http://localhost:*` | every port |
/// | `tauri://localhost`, `capacitor://localhost`, `chrome-extension://…`, `vscode-webview://…` | an app, or an extension |
/// | `file://` | pages from files, where a web view says so; browsers say `null` |
/// | `null` | every page without an origin, such as one from a file or in a sandbox: anybody can make one |
///
/// An app does not [build](crate::App::build) if its list contains an entry that can never be an `Origin`; the report
/// says what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origins(Allowed);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Allowed {
    /// The same origin, and those in the list.
    SameAnd(Vec<OriginPattern>, Vec<Unmatchable>),
    Any,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum OriginPattern {
    Null,
    /// `scheme://` without a host; the scheme is in lower case.
    Scheme(String),
    Of(String, AuthorityPattern),
}

impl Origins {
    /// Allows only pages of the same host and port. This is the default.
    #[must_use]
    pub fn same() -> Self {
        Self(Allowed::SameAnd(Vec::new(), Vec::new()))
    }

    /// Allows every page. If you use this, do not identify users by cookies.
    #[must_use]
    pub fn any() -> Self {
        Self(Allowed::Any)
    }

    fn same_and(origins: impl IntoIterator<Item = String>) -> Self {
        let (mut allowed, mut mistakes) = (Vec::new(), Vec::new());
        for text in origins {
            match OriginPattern::parse(&text) {
                Ok(pattern) => allowed.push(pattern),
                Err(help) => mistakes.push(Unmatchable { text, help }),
            }
        }
        Self(Allowed::SameAnd(allowed, mistakes))
    }

    /// Returns the entries of the list that can never match an `Origin`.
    pub(crate) fn mistakes(&self) -> &[Unmatchable] {
        match &self.0 {
            Allowed::SameAnd(_, mistakes) => mistakes,
            Allowed::Any => &[],
        }
    }

    /// Returns the list as it was written, but in lower case; `*` stands for every page.
    #[cfg(feature = "describe")]
    pub(crate) fn texts(&self) -> Vec<String> {
        match &self.0 {
            Allowed::SameAnd(more, _) => more.iter().map(OriginPattern::text).collect(),
            Allowed::Any => vec!["*".to_owned()],
        }
    }

    /// Returns `true` if the origin may connect to the host. `secure` says whether the client connected by TLS, if that
    /// is known.
    fn allow(&self, origin: &str, host: &Authority<'_>, secure: Option<bool>) -> bool {
        let Allowed::SameAnd(more, _) = &self.0 else { return true };
        // `null` has no host, so it is never the same origin, and neither is a header with two origins.
        let Some(origin) = Origin::parse(origin) else {
            return origin == "null" && more.contains(&OriginPattern::Null);
        };
        origin.is_host(host, secure) || more.iter().any(|pattern| pattern.matches(&origin))
    }
}

impl Default for Origins {
    fn default() -> Self {
        Self::same()
    }
}

impl<T: Into<String>, const N: usize> From<[T; N]> for Origins {
    /// Allows the same origin, and these.
    fn from(origins: [T; N]) -> Self {
        Self::same_and(origins.into_iter().map(Into::into))
    }
}

impl From<Vec<String>> for Origins {
    /// Allows the same origin, and these.
    fn from(origins: Vec<String>) -> Self {
        Self::same_and(origins)
    }
}

impl From<&str> for Origins {
    /// Allows the same origin, and this one.
    fn from(origin: &str) -> Self {
        Self::from([origin])
    }
}

impl OriginPattern {
    #[cfg(feature = "describe")]
    fn text(&self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Scheme(scheme) => format!("{scheme}://"),
            Self::Of(scheme, authority) => format!("{scheme}://{}", authority.text()),
        }
    }

    /// Parses an entry of the list.
    ///
    /// # Errors
    ///
    /// Returns a text that says what to write instead.
    fn parse(text: &str) -> Result<Self, String> {
        let Some((scheme, rest)) = text.split_once("://") else {
            return match text {
                "null" => Ok(Self::Null),
                "*" => Err("write `Origins::any()` to allow every page".to_owned()),
                _ if AuthorityPattern::parse(text).is_ok() => Err(format!("write `https://{text}`")),
                _ => Err("write `scheme://host` or `scheme://host:port`".to_owned()),
            };
        };
        if !is_scheme(scheme) {
            return Err("write `scheme://host` or `scheme://host:port`".to_owned());
        }
        let scheme = scheme.to_ascii_lowercase();
        if let "ws" | "wss" = &*scheme {
            let page = scheme.replace("ws", "http");
            return Err(format!("write `{page}://{rest}`, with the scheme of the page"));
        }
        if let Some((host, _)) = rest.split_once(['/', '?', '#']) {
            return Err(format!("write `{scheme}://{host}`, without a path"));
        }
        // Only the origins of web pages need a host.
        if rest.is_empty() && default_port(&scheme).is_none() {
            return Ok(Self::Scheme(scheme));
        }
        AuthorityPattern::parse(rest).map(|authority| Self::Of(scheme, authority))
    }

    fn matches(&self, origin: &Origin<'_>) -> bool {
        match (self, &origin.authority) {
            (Self::Scheme(scheme), None) => scheme.eq_ignore_ascii_case(origin.scheme),
            (Self::Of(scheme, pattern), Some(authority)) => {
                let port = match pattern.port {
                    PortPattern::Any => true,
                    PortPattern::Only(port) => origin.port() == Some(port),
                    PortPattern::Unsaid => origin.port() == default_port(scheme),
                };
                port && scheme.eq_ignore_ascii_case(origin.scheme) && pattern.matches_host(&authority.host)
            }
            _ => false,
        }
    }
}

/// An origin `scheme://host[:port]` (RFC 6454, section 6.2), or just `scheme://`, which web views send for files.
#[derive(Debug)]
struct Origin<'a> {
    scheme: &'a str,
    authority: Option<Authority<'a>>,
}

impl<'a> Origin<'a> {
    fn parse(origin: &'a str) -> Option<Self> {
        let (scheme, rest) = origin.split_once("://")?;
        let authority = match rest {
            "" => None,
            _ => Some(Authority::parse(rest)?),
        };
        is_scheme(scheme).then_some(Self { scheme, authority })
    }

    /// Returns the port that is written, or else the one that the scheme implies.
    fn port(&self) -> Option<u16> {
        self.authority.and_then(|authority| authority.port).or_else(|| default_port(self.scheme))
    }

    fn is_host(&self, host: &Authority<'_>, secure: Option<bool>) -> bool {
        // Pages with an app's own scheme do not come from a server.
        let (Some(authority), Some(implied)) = (&self.authority, default_port(self.scheme)) else {
            return false;
        };
        if secure.is_some_and(|secure| secure != (implied == 443)) {
            return false;
        }
        // A `Host` without a port means the default port of the scheme that the page was loaded with.
        authority.host == host.host && authority.port.unwrap_or(implied) == host.port.unwrap_or(implied)
    }
}

/// Returns `true` if the text is a scheme (RFC 3986, section 3.1).
fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
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

pub(crate) fn check_origin(
    checked: &Checked<'_>,
    origins: &Origins,
    refusals: &Refusals,
) -> Result<(), HttpError> {
    if let Singleton::Missing = checked.origin {
        return Ok(());
    }
    let origin = checked.origin.text();
    if matches!(checked.origin, Singleton::Once(_))
        && origins.allow(&origin, &checked.authority, checked.secure)
    {
        return Ok(());
    }
    let scheme = checked.secure.map_or("", |secure| if secure { "https://" } else { "http://" });
    refusals.origin(&origin, &format!("{scheme}{}", checked.host), OriginPattern::parse(&origin).is_ok());
    Err(HttpError::OriginNotAllowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allow(origins: &Origins, origin: &str, host: &str) -> bool {
        origins.allow(origin, &Authority::parse(host).unwrap(), None)
    }

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
            ("http://[0::1]:8000", "[::1]:8000", true),
            ("http://example.com.evil.org", "example.com", false),
            ("http://example.com@evil.org", "example.com", false),
            ("app://example.com:80", "example.com:80", false),
            ("tauri://localhost", "localhost", false),
            ("null", "example.com", false),
            ("file://", "example.com", false),
            ("example.com", "example.com", false),
            ("://example.com", "example.com", false),
            ("", "example.com", false),
        ] {
            assert_eq!(allow(&Origins::same(), origin, host), same, "{origin} at {host}");
        }
    }

    #[test]
    fn the_scheme_counts_where_it_is_known() {
        let host = Authority::parse("example.com").unwrap();
        for (origin, secure, same) in [
            ("https://example.com", Some(true), true),
            ("https://example.com", Some(false), false),
            ("http://example.com", Some(true), false),
            ("http://example.com", Some(false), true),
            ("http://example.com", None, true),
            ("https://example.com:443", Some(true), true),
            ("http://example.com:443", Some(true), false),
        ] {
            assert_eq!(Origins::same().allow(origin, &host, secure), same, "{origin} {secure:?}");
        }
    }

    #[test]
    fn a_list_allows_more_than_the_same_origin() {
        let origins = Origins::from(["https://a.example", "null"]);
        assert!(allow(&origins, "https://a.example:443", "b.example"));
        assert!(allow(&origins, "https://b.example", "b.example"));
        assert!(allow(&origins, "null", "b.example"));
        assert!(!allow(&origins, "http://a.example", "b.example"));
        assert!(allow(&Origins::any(), "null", "b.example"));
    }
}
