//! What RFC 6455, section 4.2.1, asks of the request; whatever fails here is answered in plain HTTP.

use data_encoding::BASE64;
use http::{HeaderMap, HeaderName, Method, StatusCode, Version, header, request::Parts};

/// Why a request is not a WebSocket handshake that this server takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HttpError {
    #[error("not found")]
    NotFound,
    #[error("only GET opens a WebSocket")]
    Method,
    #[error("this is a WebSocket endpoint: upgrade to `websocket`")]
    NoUpgrade,
    #[error("the WebSocket version must be 13")]
    UnsupportedVersion,
    #[error("HTTP/1.1 is required")]
    HttpVersion,
    #[error("the header `Connection` must name `upgrade`")]
    Connection,
    #[error("exactly one `Sec-WebSocket-Version` is required")]
    RepeatedVersion,
    #[error("exactly one `Sec-WebSocket-Key` of 16 bytes in base64 is required")]
    Key,
    #[error("exactly one `Host` is required")]
    Host,
    #[error("a handshake has no body")]
    Body,
    #[error("this host is not served")]
    HostNotAllowed,
    #[error("this origin is not allowed")]
    OriginNotAllowed,
    #[error("too many connections, or the server is shutting down")]
    Unavailable,
    #[error("this connection cannot be upgraded")]
    NotUpgradable,
    #[error("internal server error")]
    Panicked,
}

impl HttpError {
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::NoUpgrade | Self::UnsupportedVersion => StatusCode::UPGRADE_REQUIRED,
            Self::OriginNotAllowed => StatusCode::FORBIDDEN,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::NotUpgradable | Self::Panicked => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        }
    }
}

/// Checks everything but the host and the origin, which have options.
pub(crate) fn check_request(parts: &Parts) -> Result<(), HttpError> {
    let headers = &parts.headers;
    if parts.method != Method::GET {
        return Err(HttpError::Method);
    }
    if parts.version != Version::HTTP_11 {
        return Err(HttpError::HttpVersion);
    }
    if !names(headers, &header::UPGRADE, "websocket") {
        return Err(HttpError::NoUpgrade);
    }
    if !names(headers, &header::CONNECTION, "upgrade") {
        return Err(HttpError::Connection);
    }
    check_version(headers)?;
    if !only(headers, &header::SEC_WEBSOCKET_KEY).is_some_and(is_key) {
        return Err(HttpError::Key);
    }
    match only(headers, &header::HOST) {
        Some(host) if !host.is_empty() => {}
        _ => return Err(HttpError::Host),
    }
    if has_body(headers) { Err(HttpError::Body) } else { Ok(()) }
}

/// Whether a text is 16 bytes in base64 (RFC 6455, section 4.1, item 7).
fn is_key(text: &[u8]) -> bool {
    // What its 24 characters may decode to at most.
    let mut key = [0; 18];
    BASE64.decode_len(text.len()) == Ok(key.len()) && BASE64.decode_mut(text, &mut key) == Ok(16)
}

/// RFC 6455, sections 4.2.2 (item 4) and 4.4.
fn check_version(headers: &HeaderMap) -> Result<(), HttpError> {
    let mut versions = headers.get_all(header::SEC_WEBSOCKET_VERSION).iter();
    match (versions.next(), versions.next()) {
        (Some(version), None) if version == "13" => Ok(()),
        (_, None) => Err(HttpError::UnsupportedVersion),
        (_, Some(_)) => Err(HttpError::RepeatedVersion),
    }
}

fn has_body(headers: &HeaderMap) -> bool {
    let length = headers.get(header::CONTENT_LENGTH);
    headers.contains_key(header::TRANSFER_ENCODING) || length.is_some_and(|length| length != "0")
}

/// The value of a header that must stand exactly once.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a [u8]> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    values.next().is_none().then(|| value.as_bytes())
}

/// Whether a comma-separated list names a token, in whatever case.
pub(super) fn names(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    // Mostly it names nothing else.
    headers.get(name).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(token.as_bytes()))
        || tokens(headers, name).any(|listed| listed.eq_ignore_ascii_case(token))
}

/// The elements of a comma-separated list, over all header lines of that name (RFC 9110, section 5.6.1).
fn tokens<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> + use<'a> {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim_ascii)
        .filter(|token| !token.is_empty())
}

pub(crate) fn offered_protocols(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    tokens(headers, &header::SEC_WEBSOCKET_PROTOCOL)
}
