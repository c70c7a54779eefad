//! [`Target`]: the request of the opening handshake, as configured in the builder.

use std::io;

use http::{
    HeaderMap, HeaderName, HeaderValue, Request, Uri,
    header::{self, Entry},
};
use http_body_util::Empty;
use percent_encoding::utf8_percent_encode;

use super::{ConnectError, Ended, UnusableUrl};
use crate::{
    protocol::{Compression, offer_compression},
    request::{self, RequestError},
    text::ENCODED,
    tracked::Position,
};

/// The parameter that tells a room the last position that the client has.
const SINCE: &str = "since";

/// The parts of the request before they are checked.
#[derive(Debug, Clone, Default)]
pub(super) struct Parts {
    url: String,
    query: String,
    /// The headers. Invalid ones are kept by name for the error.
    headers: Vec<Result<(HeaderName, HeaderValue), String>>,
    cookies: Vec<(String, String)>,
    subprotocols: Vec<String>,
    compression: Compression,
    /// The mistake in the request of an endpoint.
    mistake: Option<RequestError>,
}

impl Parts {
    pub(super) fn new(url: String) -> Self {
        Self { url, ..Self::default() }
    }

    pub(super) fn set_url(&mut self, url: String) {
        self.url = url;
    }

    /// Replaces the URL and the parameters that were added to it.
    pub(super) fn redirect(&mut self, url: String) {
        self.url = url;
        self.query.clear();
        self.headers.retain(|header| !matches!(header, Ok((name, _)) if *name == header::HOST));
    }

    /// Removes what another server must not see: the cookies, and all headers that may say who the client is.
    pub(super) fn forget_secrets(&mut self) {
        let harmless = [header::ORIGIN, header::USER_AGENT, header::ACCEPT_LANGUAGE];
        self.cookies.clear();
        self.headers.retain(|header| matches!(header, Ok((name, _)) if harmless.contains(name)));
    }

    pub(super) fn query(&mut self, name: &str, value: &str) {
        if !self.query.is_empty() {
            self.query.push('&');
        }
        self.query.extend(utf8_percent_encode(name, ENCODED));
        self.query.push('=');
        self.query.extend(utf8_percent_encode(value, ENCODED));
    }

    pub(super) fn header(&mut self, name: &str, value: &[u8]) {
        let parsed = (HeaderName::try_from(name), HeaderValue::from_bytes(value));
        self.headers.push(match parsed {
            (Ok(name), Ok(value)) if !is_ours(&name) => Ok((name, value)),
            _ => Err(name.to_owned()),
        });
    }

    /// Adds a header in place of those of its name.
    pub(super) fn set_header(&mut self, name: &str, value: &[u8]) {
        self.headers
            .retain(|header| !matches!(header, Ok((known, _)) if known.as_str().eq_ignore_ascii_case(name)));
        self.header(name, value);
    }

    pub(super) fn bearer_token(&mut self, token: &str) {
        self.set_header(header::AUTHORIZATION.as_str(), format!("Bearer {token}").as_bytes());
        if let Some(Ok((_, value))) = self.headers.last_mut() {
            value.set_sensitive(true);
        }
    }

    /// Adds a cookie in place of that of its name.
    pub(super) fn set_cookie(&mut self, name: &str, value: &str) {
        self.cookies.retain(|(known, _)| known != name);
        self.cookie(name, value);
    }

    pub(super) fn set_subprotocols(&mut self, subprotocols: Vec<String>) {
        self.subprotocols = subprotocols;
    }

    pub(super) fn cookie(&mut self, name: &str, value: &str) {
        self.cookies.push((name.to_owned(), value.to_owned()));
    }

    pub(super) fn subprotocol(&mut self, subprotocol: String) {
        self.subprotocols.push(subprotocol);
    }

    /// Makes the URL, which is that of a server, the URL of a request, and adds its cookies, headers and subprotocols.
    pub(super) fn call(&mut self, request: request::Parts, subprotocols: Vec<String>) {
        match request.check().and_then(|()| request.url(&self.url)) {
            Ok(url) => self.url = url,
            Err(mistake) => self.mistake = Some(mistake),
        }
        for (name, value) in &request.headers {
            self.header(name, value.as_bytes());
        }
        self.cookies.extend(request.cookies.into_iter().map(|(name, value)| (name.to_owned(), value)));
        for subprotocol in subprotocols {
            if !self.subprotocols.contains(&subprotocol) {
                self.subprotocols.push(subprotocol);
            }
        }
    }

    #[cfg(feature = "deflate")]
    pub(super) fn compression(&mut self, compression: Compression) {
        self.compression = compression;
    }

    /// Checks all parts and builds the target.
    pub(super) fn target(&self) -> Result<Target, ConnectError> {
        if let Some(mistake) = &self.mistake {
            return Err(ConnectError::Request(mistake.clone()));
        }
        let url = self.url.as_str();
        if url.contains('#') {
            return Err(self.unusable("it has a fragment"));
        }
        let uri: Uri = url.parse().map_err(|_| self.unusable("it does not parse"))?;
        let tls = match uri.scheme_str() {
            Some(scheme) if scheme.eq_ignore_ascii_case("ws") => false,
            Some(scheme) if scheme.eq_ignore_ascii_case("wss") => true,
            _ => return Err(self.unusable("its scheme is not `ws` or `wss`")),
        };
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        if authority.contains('@') {
            return Err(self.unusable("it has a user name"));
        }
        let host = uri.host().filter(|host| !host.is_empty()).ok_or(self.unusable("it has no host"))?;
        let port = match uri.port_u16() {
            None if uri.port().is_some() || authority.len() != host.len() => {
                return Err(self.unusable("its port is none"));
            }
            port => port.unwrap_or(if tls { 443 } else { 80 }),
        };
        let path = if uri.path().is_empty() { "/" } else { uri.path() };
        let query =
            uri.query().into_iter().chain(Some(self.query.as_str()).filter(|query| !query.is_empty()));
        let query = query.collect::<Vec<_>>().join("&");
        let path_and_query = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
        let mut headers = self.headers()?;
        if let Entry::Vacant(entry) = headers.entry(header::HOST) {
            let value = HeaderValue::try_from(authority).map_err(|_| self.unusable("it has no host"))?;
            entry.insert(value);
        }
        Ok(Target {
            parts: self.clone(),
            tls,
            authority: authority.to_owned(),
            host: host.trim_start_matches('[').trim_end_matches(']').to_owned(),
            port,
            path_and_query: path_and_query.parse().map_err(|_| self.unusable("its query does not parse"))?,
            headers,
            subprotocols: self.subprotocols.clone(),
            compression: self.compression.clone(),
        })
    }

    fn unusable(&self, problem: &'static str) -> ConnectError {
        ConnectError::Url(UnusableUrl::new(&self.url, problem))
    }

    fn headers(&self) -> Result<HeaderMap, ConnectError> {
        let mut headers = HeaderMap::new();
        for parsed in &self.headers {
            let (name, value) = parsed.clone().map_err(ConnectError::Header)?;
            headers.append(name, value);
        }
        if !self.cookies.is_empty() {
            let pairs = self.cookies.iter().map(|(name, value)| {
                let sound = !name.is_empty() && !name.contains(['=', ';']) && !value.contains(';');
                sound.then(|| format!("{name}={value}"))
            });
            let cookies = pairs.collect::<Option<Vec<_>>>().map(|pairs| pairs.join("; "));
            let mut cookies = cookies
                .and_then(|cookies| HeaderValue::try_from(cookies).ok())
                .ok_or_else(|| ConnectError::Header(header::COOKIE.to_string()))?;
            cookies.set_sensitive(true);
            headers.append(header::COOKIE, cookies);
        }
        if !self.subprotocols.is_empty() {
            // RFC 6455, section 4.1, item 10: the subprotocols must be tokens, and all different.
            let all = self.subprotocols.iter().enumerate();
            let sound = all.into_iter().all(|(index, subprotocol)| {
                HeaderName::try_from(subprotocol.as_str()).is_ok()
                    && !self.subprotocols[..index].contains(subprotocol)
            });
            let value = HeaderValue::try_from(self.subprotocols.join(", ")).ok().filter(|_| sound);
            let name = header::SEC_WEBSOCKET_PROTOCOL;
            headers.append(name.clone(), value.ok_or_else(|| ConnectError::Header(name.to_string()))?);
        }
        if let Some(offer) = offer_compression(&self.compression) {
            headers.append(header::SEC_WEBSOCKET_EXTENSIONS, offer);
        }
        Ok(headers)
    }
}

/// Returns `true` for a header that the handshake itself sets.
fn is_ours(name: &HeaderName) -> bool {
    name.as_str().starts_with("sec-websocket-")
        || [header::CONNECTION, header::UPGRADE, header::CONTENT_LENGTH, header::TRANSFER_ENCODING]
            .contains(name)
}

/// The address to connect to, and the request to send.
#[derive(Debug)]
pub(super) struct Target {
    /// What it was made from.
    pub(super) parts: Parts,
    authority: String,
    pub(super) tls: bool,
    /// The host, without the brackets of an IPv6 address.
    pub(super) host: String,
    pub(super) port: u16,
    path_and_query: Uri,
    headers: HeaderMap,
    /// The subprotocols on offer.
    pub(super) subprotocols: Vec<String>,
    pub(super) compression: Compression,
}

impl Target {
    /// Returns the URL without its query, which may be a secret.
    pub(super) fn url(&self) -> String {
        let scheme = if self.tls { "wss" } else { "ws" };
        format!("{scheme}://{}{}", self.authority, self.path_and_query.path())
    }

    /// Returns `true` if the other target is at the same host and port.
    pub(super) fn is_at(&self, other: &Self) -> bool {
        (self.tls, self.port) == (other.tls, other.port) && self.host.eq_ignore_ascii_case(&other.host)
    }

    /// Adds the URL to an error of the transport.
    pub(super) fn failed(&self, error: io::Error) -> Ended {
        io::Error::new(error.kind(), Failed { url: self.url(), error }).into()
    }

    /// Returns the path and the query with a position. It replaces an older one, which the URL may have, or a redirect may repeat.
    fn since(&self, since: Position) -> String {
        let query = self.path_and_query.query().filter(|query| !query.is_empty());
        let others = query.into_iter().flat_map(|query| query.split('&'));
        let others = others.filter(|pair| pair.split('=').next() != Some(SINCE));
        let query = others.flat_map(|pair| [pair, "&"]).collect::<String>();
        format!("{}?{query}{SINCE}={since}", self.path_and_query.path())
    }

    /// Builds the request of one attempt with the given key (RFC 6455, section 4.1). A client that returns to a room says
    /// since when it missed messages.
    pub(super) fn request(&self, key: HeaderValue, since: Option<Position>) -> Request<Empty<bytes::Bytes>> {
        let mut request = Request::new(Empty::new());
        *request.uri_mut() = since
            .and_then(|since| self.since(since).parse().ok())
            .unwrap_or_else(|| self.path_and_query.clone());
        let headers = request.headers_mut();
        headers.clone_from(&self.headers);
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        headers.insert(header::SEC_WEBSOCKET_KEY, key);
        request
    }
}

/// An error of the transport, and where it occurred.
#[derive(Debug, thiserror::Error)]
#[error("{url}: {error}")]
struct Failed {
    url: String,
    #[source]
    error: io::Error,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(url: &str) -> Result<Target, ConnectError> {
        Parts::new(url.to_owned()).target()
    }

    #[test]
    fn a_url_says_where_and_what() {
        let cases = [
            ("ws://a", (false, "a", 80, "/", "a")),
            ("WS://a:8000?x", (false, "a", 8000, "/?x", "a:8000")),
            ("wss://a.b/c%20d?e=f", (true, "a.b", 443, "/c%20d?e=f", "a.b")),
            ("ws://[::1]:9/x", (false, "::1", 9, "/x", "[::1]:9")),
        ];
        for (url, expected) in cases {
            let target = target(url).unwrap();
            let path = target.path_and_query.to_string();
            let host = target.headers[header::HOST].to_str().unwrap();
            assert_eq!((target.tls, target.host.as_str(), target.port, path.as_str(), host), expected);
        }
    }

    #[test]
    fn other_urls_are_refused() {
        for url in [
            "",
            "/chat",
            "a:80",
            "http://a/",
            "ws:///x",
            "ws://a:99999/",
            "ws://a/#b",
            "ws://b:c@a/",
            "ws://a/ b",
        ] {
            assert!(matches!(target(url), Err(ConnectError::Url(_))), "{url}: {:?}", target(url));
        }
    }

    #[test]
    fn queries_are_escaped_and_added() {
        let mut parts = Parts::new("ws://a/b?c=d".to_owned());
        parts.query("q", "a b&c=ü/+");
        parts.query("x", "");
        let path = parts.target().unwrap().path_and_query.to_string();
        assert_eq!(path, "/b?c=d&q=a%20b%26c%3D%C3%BC%2F%2B&x=");
    }

    #[test]
    fn a_client_that_returns_says_since_when() {
        let since = "1f0e3dad99908345-42".parse().ok();
        for (url, expected) in [
            ("ws://a", "/?since=1f0e3dad99908345-42"),
            ("ws://a/b?c", "/b?c&since=1f0e3dad99908345-42"),
            ("ws://a/b?", "/b?since=1f0e3dad99908345-42"),
            ("ws://a/b?since=1f0e3dad99908345-41", "/b?since=1f0e3dad99908345-42"),
            ("ws://a/b?since&c=since=1&sincere=2", "/b?c=since=1&sincere=2&since=1f0e3dad99908345-42"),
        ] {
            let request = target(url).unwrap().request(HeaderValue::from_static("key"), since);
            assert_eq!(request.uri(), expected);
        }
    }

    #[test]
    fn headers_that_cannot_be_sent_are_named() {
        type Spoil = fn(&mut Parts);
        let cases: [(&str, Spoil); 7] = [
            ("x y", |parts| parts.header("x y", b"")),
            ("x", |parts| parts.header("x", b"a\r\nb: c")),
            ("Upgrade", |parts| parts.header("Upgrade", b"h2c")),
            ("cookie", |parts| parts.cookie("a", "b; c=d")),
            ("cookie", |parts| parts.cookie("a=b", "")),
            ("sec-websocket-protocol", |parts| parts.subprotocol("a b".to_owned())),
            ("sec-websocket-protocol", |parts| {
                parts.subprotocol("a".to_owned());
                parts.subprotocol("a".to_owned());
            }),
        ];
        for (expected, spoil) in cases {
            let mut parts = Parts::new("ws://a".to_owned());
            spoil(&mut parts);
            match parts.target() {
                Err(ConnectError::Header(name)) => assert_eq!(name, expected),
                other => panic!("{expected}: {other:?}"),
            }
        }
    }
}
