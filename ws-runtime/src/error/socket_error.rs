//! [`SocketError`]: why a message was not received or not sent.

use std::fmt;

use crate::{
    Close, CloseCode, CloseError, Closed, Error, InvalidMessage, ProtocolNotOffered,
    connection::ConnectionError, error::Cause,
};

/// Why a message could not be received or sent.
///
/// [`Closed`](Self::Closed) ends an endpoint quietly when it leaves through `?`: nothing is logged above debug, and
/// no handler runs. The others say that one message was not what the endpoint asked for; the endpoint may handle
/// them and go on, or leave with them and so close the connection.
///
/// `Closed` is as quiet, and a message of the wrong kind closes 1003, if they come wrapped: in a box, in `anyhow::Error`, or as
/// a [source](std::error::Error::source) of an error that derives [`CloseError`] and closes 1011.
#[non_exhaustive]
pub enum SocketError {
    /// The connection is closed.
    Closed(Closed),
    /// A binary message came where text is expected. Closes 1003.
    ExpectedText,
    /// A text message came where binary is expected. Closes 1003.
    ExpectedBinary,
    /// A message is not JSON, or not JSON of the type that is expected. Closes 1007.
    Json(serde_json::Error),
    /// A message is not of the type that the connection receives, or breaks its rules. Closes 1007.
    Invalid(InvalidMessage),
    /// A value of ours does not serialize. Closes 1011.
    Encode(Box<dyn std::error::Error + Send + Sync>),
    /// The peer sent no message for `idle_timeout`. Closes 1000.
    Idle(IdleTimeout),
    /// The peer sent a message beyond the `rate_limit`; it was thrown away. Closes 1008.
    #[cfg(feature = "rate-limit")]
    RateLimited(RateLimited),
    /// There is no room in the send buffer, for a [`try_send`](crate::Sender::try_send) that does not wait. Closes 1011.
    Full,
    /// A handler wanted to send before accept, while refusals are HTTP responses.
    NotAccepted,
    /// An [`Upgrade`](crate::Upgrade) was to be accepted with a subprotocol that the client did not offer. Closes 1011.
    Protocol(ProtocolNotOffered),
}

impl fmt::Display for SocketError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed(closed) => closed.fmt(f),
            Self::ExpectedText => f.write_str("expected a text message"),
            Self::ExpectedBinary => f.write_str("expected a binary message"),
            // Where, but not what: this text is logged, and the message is nobody's but the endpoint's.
            Self::Json(error) => write!(f, "invalid JSON at line {} column {}", error.line(), error.column()),
            Self::Invalid(error) => error.fmt(f),
            Self::Encode(error) => write!(f, "a message does not serialize: {error}"),
            Self::Idle(error) => error.fmt(f),
            #[cfg(feature = "rate-limit")]
            Self::RateLimited(error) => error.fmt(f),
            Self::Full => f.write_str("the send buffer is full"),
            Self::NotAccepted => f.write_str("the connection was not accepted"),
            Self::Protocol(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for SocketError {
    /// What says how the connection ends, wherever this error is wrapped: `anyhow` hides the type of an error that it
    /// boxes, but not its source.
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Closed(_) => Some(&Cause::Over),
            Self::ExpectedText => Some(&Cause::Binary),
            Self::ExpectedBinary => Some(&Cause::Text),
            // Not the error itself, which reporters of errors would print.
            Self::Json(_) => Some(&Cause::Json),
            Self::Invalid(error) => Some(error),
            Self::Encode(error) => Some(&**error),
            Self::Idle(error) => Some(error),
            #[cfg(feature = "rate-limit")]
            Self::RateLimited(error) => Some(error),
            Self::Protocol(error) => Some(error),
            Self::Full | Self::NotAccepted => None,
        }
    }
}

impl From<ConnectionError> for SocketError {
    fn from(error: ConnectionError) -> Self {
        match error {
            ConnectionError::Closed(closed) => Self::Closed(closed),
            ConnectionError::Full => Self::Full,
            ConnectionError::Idle => Self::Idle(IdleTimeout),
            #[cfg(feature = "rate-limit")]
            ConnectionError::RateLimited => Self::RateLimited(RateLimited),
        }
    }
}

impl From<InvalidMessage> for SocketError {
    fn from(error: InvalidMessage) -> Self {
        Self::Invalid(error)
    }
}

/// Derived but for [`Json`](Self::Json): an error that holds this one is logged as `Debug` shows it.
impl fmt::Debug for SocketError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed(closed) => f.debug_tuple("Closed").field(closed).finish(),
            Self::ExpectedText => f.write_str("ExpectedText"),
            Self::ExpectedBinary => f.write_str("ExpectedBinary"),
            Self::Json(error) => {
                f.debug_struct("Json").field("line", &error.line()).field("column", &error.column()).finish()
            }
            Self::Invalid(error) => f.debug_tuple("Invalid").field(error).finish(),
            Self::Encode(error) => f.debug_tuple("Encode").field(error).finish(),
            Self::Idle(error) => f.debug_tuple("Idle").field(error).finish(),
            #[cfg(feature = "rate-limit")]
            Self::RateLimited(error) => f.debug_tuple("RateLimited").field(error).finish(),
            Self::Full => f.write_str("Full"),
            Self::NotAccepted => f.write_str("NotAccepted"),
            Self::Protocol(error) => f.debug_tuple("Protocol").field(error).finish(),
        }
    }
}

impl CloseError for SocketError {
    fn close(&self) -> Close {
        match self {
            Self::ExpectedText | Self::ExpectedBinary => {
                Close::new(CloseCode::UNSUPPORTED_DATA, self.to_string())
            }
            // The peer may read what it sent.
            Self::Json(error) => {
                Close::new(CloseCode::INVALID_FRAME_PAYLOAD_DATA, format!("invalid JSON: {error}"))
            }
            // Never sent: the connection is closed.
            Self::Closed(Closed::Local(close)) => close.clone(),
            Self::Closed(_) => CloseCode::NORMAL_CLOSURE.into(),
            Self::Encode(_) | Self::Full | Self::NotAccepted => Close::internal_error(),
            Self::Invalid(error) => error.close(),
            Self::Idle(error) => error.close(),
            #[cfg(feature = "rate-limit")]
            Self::RateLimited(error) => error.close(),
            Self::Protocol(error) => error.close(),
        }
    }

    fn as_error(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(self)
    }

    /// An error of a type of its own is dispatched by that type.
    fn transparent(self) -> Result<Error, Self> {
        match self {
            Self::Invalid(error) => Ok(error.into()),
            Self::Idle(error) => Ok(error.into()),
            #[cfg(feature = "rate-limit")]
            Self::RateLimited(error) => Ok(error.into()),
            Self::Protocol(error) => Ok(error.into()),
            error => Err(error),
        }
    }
}

/// The peer sent no message for `idle_timeout`. Closes 1000 `Inactivity timeout`.
///
/// It is dispatched like any other error, so a handler may say goodbye first:
///
/// ```
/// use std::time::Duration;
/// use ws_runtime::{App, ErrorContext, IdleTimeout, CloseError};
///
/// let app = App::new().idle_timeout(Duration::from_secs(60)).on_error(async |error: IdleTimeout, cx: ErrorContext| {
///     let _ = cx.send_text("Connection timed out due to inactivity").await;
///     error.close()
/// });
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Inactivity timeout")]
#[non_exhaustive]
pub struct IdleTimeout;

impl CloseError for IdleTimeout {
    fn close(&self) -> Close {
        Close::new(CloseCode::NORMAL_CLOSURE, self.to_string())
    }
}

/// The peer sent a message beyond the `rate_limit`. Closes 1008 `Rate limit exceeded`.
#[cfg(feature = "rate-limit")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Rate limit exceeded")]
#[non_exhaustive]
pub struct RateLimited;

#[cfg(feature = "rate-limit")]
impl CloseError for RateLimited {
    fn close(&self) -> Close {
        Close::new(CloseCode::POLICY_VIOLATION, self.to_string())
    }
}
