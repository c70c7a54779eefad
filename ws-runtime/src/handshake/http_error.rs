//! [`HttpError`]: the reasons to refuse a request in plain HTTP, including the 503 of a server that is full or shutting
//! down.

use http::StatusCode;

/// The reason why a request is not a WebSocket handshake that this server accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HttpError {
    #[error("not found")]
    NotFound,
    #[error("only GET opens a WebSocket")]
    Method,
    #[error("this is a WebSocket endpoint: upgrade to `websocket`")]
    NoUpgrade,
    #[cfg(feature = "http2")]
    #[error("over HTTP/2, an extended CONNECT opens a WebSocket")]
    NoConnect,
    #[cfg(feature = "http2")]
    #[error("this is a WebSocket endpoint: CONNECT with the `:protocol` `websocket`")]
    ConnectProtocol,
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
    #[error("the host must be a name or an address, and its port a number")]
    Authority,
    #[error("a handshake has no body")]
    Body,
    #[error("this host is not served")]
    HostNotAllowed,
    #[error("this origin is not allowed")]
    OriginNotAllowed,
    #[error("too many connections, or the server is shutting down")]
    Unavailable,
    #[error("too many connections from this address")]
    TooManyFromClient,
    #[error("`Forwarded` contradicts `X-Forwarded-For`, `X-Forwarded-Proto` or `X-Forwarded-Host`")]
    Forwarded,
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
            #[cfg(feature = "http2")]
            Self::NoConnect => StatusCode::METHOD_NOT_ALLOWED,
            // RFC 9220, section 3, says so for HTTP/3, and RFC 8441 nothing.
            #[cfg(feature = "http2")]
            Self::ConnectProtocol => StatusCode::NOT_IMPLEMENTED,
            Self::NoUpgrade | Self::UnsupportedVersion => StatusCode::UPGRADE_REQUIRED,
            Self::OriginNotAllowed => StatusCode::FORBIDDEN,
            Self::TooManyFromClient => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::NotUpgradable | Self::Panicked => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    /// Returns `true` if nothing after the request can be another request.
    pub(crate) fn ends_connection(self) -> bool {
        !matches!(self, Self::NotFound | Self::Method | Self::NoUpgrade | Self::UnsupportedVersion)
    }
}
