//! [`SocketError`]: why a message was not received or not sent.

use std::fmt;

use crate::{Close, CloseCode, CloseError, Closed, Error, InvalidMessage};

/// Why a message could not be received or sent.
///
/// [`Closed`](Self::Closed) ends an endpoint quietly when it leaves through `?`: nothing is logged above debug, and
/// no handler runs. The others say that one message was not what the endpoint asked for; the endpoint may handle
/// them and go on, or leave with them and so close the connection.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum SocketError {
    /// The connection is closed.
    #[error("{0}")]
    Closed(Closed),
    /// A binary message came where text is expected. Closes 1003.
    #[error("expected a text message")]
    ExpectedText,
    /// A text message came where binary is expected. Closes 1003.
    #[error("expected a binary message")]
    ExpectedBinary,
    /// A message is not JSON, or not JSON of the type that is expected. Closes 1007.
    // Where, but not what: this text is logged, and the message is nobody's but the endpoint's. For the same reason it
    // is no source, which reporters of errors would print.
    #[error("invalid JSON at line {} column {}", .0.line(), .0.column())]
    Json(serde_json::Error),
    /// A message is not of the type that the connection receives, or breaks its rules. Closes 1007.
    #[error(transparent)]
    Invalid(#[from] InvalidMessage),
    /// A value of ours does not serialize. Closes 1011.
    #[error("a message does not serialize: {0}")]
    Encode(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The peer sent no message for `idle_timeout`. Closes 1000.
    #[error(transparent)]
    Idle(IdleTimeout),
    /// The peer sent a message beyond the `rate_limit`; it was thrown away. Closes 1008.
    #[cfg(feature = "rate-limit")]
    #[error(transparent)]
    RateLimited(RateLimited),
    /// There is no room in the send buffer, for a [`try_send`](crate::Sender::try_send) that does not wait. Closes 1011.
    #[error("the send buffer is full")]
    Full,
    /// A handler wanted to send before accept, while refusals are HTTP responses.
    #[error("the connection was not accepted")]
    NotAccepted,
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
        }
    }

    /// An error of a type of its own is dispatched by that type.
    fn transparent(self) -> Result<Error, Self> {
        match self {
            Self::Invalid(error) => Ok(error.into()),
            Self::Idle(error) => Ok(error.into()),
            #[cfg(feature = "rate-limit")]
            Self::RateLimited(error) => Ok(error.into()),
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
