//! The requirements of RFC 6455, section 4.2.1, and of RFC 8441 for HTTP/2, on the request. A request that does not meet
//! them is answered in plain HTTP.

use std::borrow::Cow;

#[cfg(any(feature = "client", feature = "test-client"))]
use http::HeaderName;
use http::{HeaderMap, HeaderValue, Method, Request, Version, header, request::Parts};

use super::{Client, HttpError, authority::Authority};

/// Returns `true` if the request asks for an upgrade to WebSocket, however faulty the rest of it is.
pub(crate) fn asks_for_websocket<B>(request: &Request<B>) -> bool {
    #[cfg(feature = "http2")]
    if request.version() == Version::HTTP_2 {
        return request.extensions().get::<hyper::ext::Protocol>().is_some();
    }
    let mut upgrades = request.headers().get_all(header::UPGRADE).iter();
    request.method() == Method::GET && upgrades.any(|value| lists(value, "websocket"))
}

/// Checks everything except the host and the origin, which have options of their own.
pub(crate) fn check_request<'a>(parts: &'a Parts, client: &'a Client) -> Result<Checked<'a>, HttpError> {
    #[cfg(feature = "http2")]
    if parts.version == Version::HTTP_2 {
        return check_connect(parts, client);
    }
    if parts.method != Method::GET {
        return Err(HttpError::Method);
    }
    if parts.version != Version::HTTP_11 {
        return Err(HttpError::HttpVersion);
    }
    let headers = OpeningHeaders::of(&parts.headers);
    if !headers.upgrade {
        return Err(HttpError::NoUpgrade);
    }
    if !headers.connection {
        return Err(HttpError::Connection);
    }
    // RFC 6455, sections 4.2.2 (item 4) and 4.4.
    match headers.version {
        Singleton::Once(b"13") => {}
        Singleton::Missing | Singleton::Once(_) => return Err(HttpError::UnsupportedVersion),
        Singleton::Repeated(_) => return Err(HttpError::RepeatedVersion),
    }
    match headers.key {
        Singleton::Once(key) if is_key(key) => {}
        _ => return Err(HttpError::Key),
    }
    let Singleton::Once(host) = headers.host else { return Err(HttpError::Host) };
    if headers.body {
        return Err(HttpError::Body);
    }
    let parse = |text| Authority::parse(text).ok_or(HttpError::Authority);
    let host = std::str::from_utf8(host).map_err(|_| HttpError::Authority)?;
    let (host, authority) = match parts.uri.authority() {
        // `Host` must still be valid (RFC 9112, section 3.2), but is ignored (section 3.2.2).
        Some(target) => (target.as_str(), parse(host).and_then(|_| parse(target.as_str()))?),
        None => (host, parse(host)?),
    };
    Checked::new(host, authority, headers.origin, client)
}

/// Checks an extended CONNECT request (RFC 8441, section 5). `Upgrade`, `Connection` and the key have no meaning there,
/// and the host is `:authority`.
#[cfg(feature = "http2")]
fn check_connect<'a>(parts: &'a Parts, client: &'a Client) -> Result<Checked<'a>, HttpError> {
    let protocol = parts.extensions.get::<hyper::ext::Protocol>();
    if parts.method != Method::CONNECT {
        return Err(HttpError::NoConnect);
    }
    if !protocol.is_some_and(|protocol| protocol.as_str().eq_ignore_ascii_case("websocket")) {
        return Err(HttpError::ConnectProtocol);
    }
    let headers = OpeningHeaders::of(&parts.headers);
    match headers.version {
        Singleton::Once(b"13") => {}
        Singleton::Missing | Singleton::Once(_) => return Err(HttpError::UnsupportedVersion),
        Singleton::Repeated(_) => return Err(HttpError::RepeatedVersion),
    }
    let host = parts.uri.authority().ok_or(HttpError::Host)?.as_str();
    Checked::new(host, Authority::parse(host).ok_or(HttpError::Authority)?, headers.origin, client)
}

/// The parts of a handshake that remain to be checked.
pub(crate) struct Checked<'a> {
    /// The host as it was sent.
    pub(super) host: &'a str,
    pub(super) authority: Authority<'a>,
    /// Whether the client connected by TLS, if that is known.
    pub(super) secure: Option<bool>,
    pub(super) origin: Singleton<'a>,
}

impl<'a> Checked<'a> {
    /// The host that a trusted proxy names takes the place of the one in the request.
    fn new(
        mut host: &'a str,
        mut authority: Authority<'a>,
        origin: Singleton<'a>,
        client: &'a Client,
    ) -> Result<Self, HttpError> {
        if let Some(forwarded) = &client.host {
            host = forwarded;
            authority = Authority::parse(host).ok_or(HttpError::Authority)?;
        }
        Ok(Self { host, authority, secure: client.peer.security(), origin })
    }
}

/// The headers that the checks need. They are collected in one pass, because each look-up would compute a hash.
#[derive(Default)]
struct OpeningHeaders<'a> {
    upgrade: bool,
    connection: bool,
    version: Singleton<'a>,
    key: Singleton<'a>,
    host: Singleton<'a>,
    origin: Singleton<'a>,
    body: bool,
}

/// A header that may occur only once (RFC 9110, section 5.5).
#[derive(Default, Clone, Copy)]
pub(super) enum Singleton<'a> {
    #[default]
    Missing,
    Once(&'a [u8]),
    /// The header is repeated; this is its first value.
    Repeated(&'a [u8]),
}

impl<'a> OpeningHeaders<'a> {
    fn of(headers: &'a HeaderMap) -> Self {
        let mut found = Self::default();
        for (name, value) in headers {
            match name.as_str() {
                "upgrade" => found.upgrade |= lists(value, "websocket"),
                "connection" => found.connection |= lists(value, "upgrade"),
                "sec-websocket-version" => found.version.push(value),
                "sec-websocket-key" => found.key.push(value),
                "host" => found.host.push(value),
                "origin" => found.origin.push(value),
                "content-length" => found.body |= value != "0",
                "transfer-encoding" => found.body = true,
                _ => {}
            }
        }
        found
    }
}

impl<'a> Singleton<'a> {
    fn push(&mut self, value: &'a HeaderValue) {
        *self = match self {
            Self::Missing => Self::Once(value.as_bytes()),
            Self::Once(first) | Self::Repeated(first) => Self::Repeated(first),
        };
    }

    /// Returns the value as text, or the first value if there are several, or an empty text if there is none.
    pub(super) fn text(self) -> Cow<'a, str> {
        match self {
            Self::Missing => Cow::Borrowed(""),
            Self::Once(value) | Self::Repeated(value) => String::from_utf8_lossy(value),
        }
    }
}

/// Returns `true` if the text is 16 bytes in base64 (RFC 6455, section 4.1, item 7): 22 characters of six bits each,
/// and the padding.
///
/// The last character has four more bits than the 16 bytes need. RFC 4648, section 3.5, lets a decoder ignore these,
/// and the example in RFC 6455 requires that: in `AQIDBAUGBwgJCgsMDQ4PEC==` they are not zero.
fn is_key(text: &[u8]) -> bool {
    let [characters @ .., b'=', b'='] = text else { return false };
    characters.len() == 22
        && characters.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+/".contains(byte))
}

/// Returns `true` if a comma-separated list contains a token, compared case-insensitively.
#[cfg(any(feature = "client", feature = "test-client"))]
pub(super) fn names(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    headers.get_all(name).iter().any(|line| lists(line, token))
}

/// Returns `true` if one line of such a list contains the token.
fn lists(line: &HeaderValue, token: &str) -> bool {
    tokens(line.as_bytes()).any(|listed| listed.eq_ignore_ascii_case(token))
}

/// Returns the elements of one line of a comma-separated list (RFC 9110, section 5.6.1) that are tokens (section
/// 5.6.2). An element that is not a token does not affect the others.
fn tokens(line: &[u8]) -> impl Iterator<Item = &str> {
    let listed = line.split(|byte| *byte == b',').map(trim_ows);
    listed.filter(|element| is_token(element)).filter_map(|token| std::str::from_utf8(token).ok())
}

/// Returns `true` if the text is a token (RFC 9110, section 5.6.2).
pub(crate) fn is_token(text: &[u8]) -> bool {
    let is_tchar = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    !text.is_empty() && text.iter().all(is_tchar)
}

/// Trims optional white space: only SP and HTAB (RFC 9110, section 5.6.3).
pub(crate) fn trim_ows(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = text {
        text = rest;
    }
    text
}

/// Returns the subprotocols that the lines of `Sec-WebSocket-Protocol` offer.
pub(crate) fn offered_subprotocols<'a>(
    lines: impl Iterator<Item = &'a [u8]>,
) -> impl Iterator<Item = &'a str> {
    lines.flat_map(tokens)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_16_bytes_in_base64() {
        for key in [
            "dGhlIHNhbXBsZSBub25jZQ==",
            "AAAAAAAAAAAAAAAAAAAAAA==",
            "+/+/+/+/+/+/+/+/+/+/+w==",
            "AQIDBAUGBwgJCgsMDQ4PEC==",
        ] {
            assert!(is_key(key.as_bytes()), "{key}");
        }
        for text in [
            "",
            "==",
            "AAAAAAAAAAAAAAAAAAAAA==",
            "AAAAAAAAAAAAAAAAAAAAAAA=",
            "AAAAAAAAAAAAAAAAAAAAAAAA",
            "AAAAAAAAAAAAAAAAAAAAAAAAAA==",
            // This is the alphabet of base64url.
            "-_-_-_-_-_-_-_-_-_-_-w==",
            "AAAAAAAAAAA AAAAAAAAAA==",
            "AAAAAAAAAAA=AAAAAAAAAA==",
        ] {
            assert!(!is_key(text.as_bytes()), "{text}");
        }
    }
}
