//! [`Ended`]: how a connection of a client ended, or why it was not made, and whether another attempt makes sense.

use std::{error::Error, fmt, io, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};

use super::{ConnectError, redirect};
use crate::{Close, CloseError, PeerClose, close, observe, request::close_in_body};

/// How a connection ended, or why an attempt to connect failed.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Ended {
    /// The server closed the connection, with the contents of its Close frame; `None` if the frame was empty (1005).
    #[error("the server closed the connection{}", match .0 { Some(close) => format!(": {close}"), None => String::new() })]
    Peer(Option<PeerClose>),
    /// This side closed the connection: [`Client::close`](super::Client::close) was called, the client was dropped, or
    /// the server violated the protocol or a limit.
    #[error("the connection was closed here: {0}")]
    Local(Close),
    /// The transport ended without a Close frame. Browsers report this as 1006.
    #[error("the connection was lost")]
    Lost,
    /// The server did not answer a ping within `pong_timeout`.
    #[error("the server does not answer pings")]
    Unresponsive,
    /// The server answered the handshake with a status other than 101.
    #[error("the server refused the handshake: {0}")]
    Refused(Refused),
    /// The response to the handshake violates RFC 6455, section 4.1.
    #[error("the server's answer is no WebSocket handshake: {0}")]
    Violation(&'static str),
    /// The server could not be reached, or the transport failed during the handshake.
    #[error("cannot connect: {0}")]
    Io(Arc<io::Error>),
    /// The connection was not established within `connect_timeout`, or
    /// [`on_open`](super::ClientBuilder::on_open) did not complete within the same time again.
    #[error("no connection within the connect timeout")]
    TimedOut,
    /// [`before_connect`](super::ClientBuilder::before_connect) failed, or returned a request that cannot be sent.
    #[error("`before_connect` failed: {0}")]
    BeforeConnect(Arc<dyn Error + Send + Sync>),
    /// [`on_open`](super::ClientBuilder::on_open) failed, and the connection was closed with 1000.
    #[error("`on_open` failed: {0}")]
    OnOpen(Arc<dyn Error + Send + Sync>),
}

impl Ended {
    /// Returns the close code, including the two that stand for the lack of one: 1005 for a Close frame without a code,
    /// and 1006 for a connection that ended without a Close frame. Returns `None` if there was no connection.
    #[must_use]
    pub fn code(&self) -> Option<u16> {
        match self {
            Self::Peer(Some(close)) => Some(close.code),
            Self::Peer(None) => Some(1005),
            Self::Local(close) => Some(close.code().as_u16()),
            Self::Lost | Self::Unresponsive => Some(1006),
            Self::Refused(_)
            | Self::Violation(_)
            | Self::Io(_)
            | Self::TimedOut
            | Self::BeforeConnect(_)
            | Self::OnOpen(_) => None,
        }
    }

    /// Returns the reason of the Close frame, which is empty if there was none.
    #[must_use]
    pub fn reason(&self) -> &str {
        match self {
            Self::Peer(Some(close)) => &close.reason,
            Self::Local(close) => close.reason(),
            _ => "",
        }
    }

    /// Returns the error that the server closed the connection with, or refused it with over HTTP, if its type says which
    /// one that is.
    ///
    /// Server and client share the type. [`CloseError::from_close`] explains which of its values are recognized.
    ///
    /// ```
    /// use ws_runtime::{CloseError, PeerClose, client::Ended};
    ///
    /// #[derive(Debug, PartialEq, thiserror::Error, CloseError)]
    /// enum ItemError {
    ///     #[error("session cookie missing")]
    ///     #[close(4001)]
    ///     NoSession,
    /// }
    ///
    /// let ended = Ended::Peer(Some(PeerClose::new(4001, "session cookie missing")));
    /// assert_eq!(ended.close_of::<ItemError>(), Some(ItemError::NoSession));
    /// ```
    #[must_use]
    pub fn close_of<E: CloseError>(&self) -> Option<E> {
        match self {
            Self::Peer(Some(close)) => E::from_close(close.code, &close.reason),
            Self::Refused(refused) => close_in_body(refused.body()),
            _ => None,
        }
    }

    /// Returns `true` if the cause may be gone after a while. A client reconnects after such an end, unless
    /// [`retry_on`](super::ClientBuilder::retry_on) says otherwise.
    ///
    /// | end | try again |
    /// |---|---|
    /// | 1001 going away, 1011 server error, 1012 restart, 1013 try later, 1014 bad gateway | yes |
    /// | 1006: lost, or no answer to pings | yes |
    /// | 1000 done, 1005 no code: the server has nothing more to say | no |
    /// | 1002, 1003, 1007, 1009, 1010: it would happen again | no |
    /// | 1008 and all of 3000–4999: the application said no | no |
    /// | closed by this side, including when the server violated the protocol | no |
    /// | refused with 408, 425, 429, or 5xx other than 501 and 505 | yes |
    /// | refused with any other status, or with a 101 that is not valid | no |
    /// | connection refused or reset, host unknown, timeout, other I/O errors | yes |
    /// | `before_connect` failed | yes |
    /// | `before_connect` returned a request that cannot be sent | no |
    /// | `on_open` failed, and the server had not closed the connection | no |
    /// | a TLS certificate that is not valid, no permission, unsupported | no |
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Peer(Some(close)) => close::is_transient(close.code),
            Self::Lost | Self::Unresponsive | Self::TimedOut => true,
            Self::Refused(refused) => refused.is_transient(),
            Self::Io(error) => !matches!(
                error.kind(),
                io::ErrorKind::InvalidData
                    | io::ErrorKind::InvalidInput
                    | io::ErrorKind::PermissionDenied
                    | io::ErrorKind::Unsupported
            ),
            Self::BeforeConnect(error) => !error.is::<ConnectError>(),
            Self::Peer(None) | Self::Local(_) | Self::Violation(_) | Self::OnOpen(_) => false,
        }
    }

    /// Returns how long the server asked the client to wait.
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
pub struct Refused(Arc<Response>);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HTTP status {} from {}", self.0.status, self.0.url)?;
        match redirect::location(self) {
            // The query may be a secret.
            Some(location) => {
                let location = location.split(['?', '#']).next().unwrap_or_default();
                let location = observe::brief(location, MAX_LOCATION);
                write!(f, ", a redirect to `{location}`; see `ClientBuilder::redirects`")
            }
            None => Ok(()),
        }
    }
}

/// The largest part of a redirect's target that an error shows, in bytes.
const MAX_LOCATION: usize = 200;

#[derive(Debug)]
struct Response {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    url: String,
}

/// The longest `Retry-After` that is respected.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(60 * 60);

impl Refused {
    pub(super) fn new(status: StatusCode, headers: HeaderMap, body: Bytes, url: String) -> Self {
        Self(Arc::new(Response { status, headers, body, url }))
    }

    /// Returns the status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// Returns the headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.0.headers
    }

    /// Returns the body: at most its first 64 KiB, and only what arrived within a second.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.0.body
    }

    /// Returns how long the server asked the client to wait: the header `Retry-After` in seconds, at most an hour. A
    /// `Retry-After` that is a date is ignored.
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
