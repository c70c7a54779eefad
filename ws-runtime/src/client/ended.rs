//! [`Ended`]: how a connection of a client ended, or why there was none, and whether another attempt makes sense.

use std::{io, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};

use crate::{Close, PeerClose};

/// How a connection ended, or an attempt to make one failed.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Ended {
    /// The server closed the connection, with what it said in its Close frame; `None` if it said nothing (1005).
    #[error("the server closed the connection{}", match .0 { Some(close) => format!(": {close}"), None => String::new() })]
    Peer(Option<PeerClose>),
    /// This side closed it: [`Client::close`](super::Client::close) was called, or the client was dropped, or the server
    /// broke the protocol or a limit.
    #[error("the connection was closed here: {0}")]
    Local(Close),
    /// The transport ended without a Close frame: what browsers call 1006.
    #[error("the connection was lost")]
    Lost,
    /// The server did not answer a ping within `pong_timeout`.
    #[error("the server does not answer pings")]
    Unresponsive,
    /// The server answered the handshake with another status than 101.
    #[error("the server refused the handshake: {0}")]
    Refused(Refused),
    /// The answer to the handshake is none that RFC 6455, section 4.1, allows.
    #[error("the server's answer is no WebSocket handshake: {0}")]
    Violation(&'static str),
    /// The server could not be reached, or the transport broke within the handshake.
    #[error("cannot connect: {0}")]
    Io(Arc<io::Error>),
    /// There was no connection within `connect_timeout`.
    #[error("no connection within the connect timeout")]
    TimedOut,
}

impl Ended {
    /// The close code, with those that stand for the lack of one: 1005 for a Close frame without a code, 1006 for a
    /// connection that ended without a Close frame. `None` if there was no connection.
    #[must_use]
    pub fn code(&self) -> Option<u16> {
        match self {
            Self::Peer(Some(close)) => Some(close.code),
            Self::Peer(None) => Some(1005),
            Self::Local(close) => Some(close.code().as_u16()),
            Self::Lost | Self::Unresponsive => Some(1006),
            Self::Refused(_) | Self::Violation(_) | Self::Io(_) | Self::TimedOut => None,
        }
    }

    /// The reason of the Close frame; empty if there was none.
    #[must_use]
    pub fn reason(&self) -> &str {
        match self {
            Self::Peer(Some(close)) => &close.reason,
            Self::Local(close) => close.reason(),
            _ => "",
        }
    }

    /// Whether the cause may be gone in a while: what a client tries again after, unless
    /// [`retry_on`](super::ClientBuilder::retry_on) says otherwise.
    ///
    /// | end | try again |
    /// |---|---|
    /// | 1001 going away, 1011 server error, 1012 restart, 1013 try later, 1014 bad gateway | yes |
    /// | 1006: lost, or no answer to pings | yes |
    /// | 1000 done, 1005 no code: the server has nothing more to say | no |
    /// | 1002, 1003, 1007, 1009, 1010: it would happen again | no |
    /// | 1008 and all of 3000–4999: the application said no | no |
    /// | closed by this side, be it because the server broke the protocol | no |
    /// | refused with 408, 425, 429, or 5xx other than 501 and 505 | yes |
    /// | refused with any other status, or with a 101 that is not valid | no |
    /// | connection refused or reset, host unknown, timeout, other I/O errors | yes |
    /// | a TLS certificate that is not valid, no permission, unsupported | no |
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Peer(Some(close)) => matches!(close.code, 1001 | 1006 | 1011..=1014),
            Self::Lost | Self::Unresponsive | Self::TimedOut => true,
            Self::Refused(refused) => refused.is_transient(),
            Self::Io(error) => !matches!(
                error.kind(),
                io::ErrorKind::InvalidData
                    | io::ErrorKind::InvalidInput
                    | io::ErrorKind::PermissionDenied
                    | io::ErrorKind::Unsupported
            ),
            Self::Peer(None) | Self::Local(_) | Self::Violation(_) => false,
        }
    }

    /// How long the server wants us to wait.
    pub(super) fn retry_after(&self) -> Duration {
        match self {
            Self::Refused(refused) => refused.retry_after().unwrap_or_default(),
            _ => Duration::ZERO,
        }
    }
}

impl From<io::Error> for Ended {
    fn from(error: io::Error) -> Self {
        Self::Io(Arc::new(error))
    }
}

/// The HTTP response that refused a handshake. Clones share it.
#[derive(Debug, Clone, thiserror::Error)]
#[error("HTTP status {}", .0.status)]
pub struct Refused(Arc<Response>);

#[derive(Debug)]
struct Response {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

/// The longest `Retry-After` that is heeded.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(60 * 60);

impl Refused {
    pub(super) fn new(status: StatusCode, headers: HeaderMap, body: Bytes) -> Self {
        Self(Arc::new(Response { status, headers, body }))
    }

    /// The status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// The headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.0.headers
    }

    /// The body: its first 64 KiB, as far as they came within a second.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.0.body
    }

    /// How long the server asks us to wait: the header `Retry-After` in seconds, an hour at most. As a date it is not
    /// read.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        let seconds = self.headers().get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
        Some(Duration::from_secs(seconds).min(LONGEST_RETRY_AFTER))
    }

    fn is_transient(&self) -> bool {
        match self.status().as_u16() {
            408 | 425 | 429 => true,
            501 | 505 => false,
            status => (500..600).contains(&status),
        }
    }
}
