//! [`SocketError`]: the reasons why a message could not be received or sent.

use std::fmt;

use crate::{
    Close, CloseCode, CloseError, Closed, Closes, Error, InvalidMessage, SubprotocolNotOffered, close::ours,
    connection::ConnectionError, description::CloseDescription, error::Cause,
};

/// The reason why a message could not be received or sent.
///
/// An endpoint that returns [`Closed`](Self::Closed), through `?` for example, ends quietly: nothing is logged above
/// debug level, and no handler runs. The other variants report that one message was not what the endpoint asked for;
/// the endpoint may handle them and go on, or return them and thereby close the connection.
///
/// Wrapping preserves this: `Closed` stays quiet, and a message of the wrong kind closes with 1003, in a box, in
/// `anyhow::Error`, and as a [source](std::error::Error::source) of an error that derives [`CloseError`] and closes
/// with 1011.
#[derive(Debug)]
#[non_exhaustive]
pub enum SocketError {
    /// The connection is closed.
    Closed(Closed),
    /// A binary message arrived where text is expected. Closes with 1003.
    ExpectedText,
    /// A text message arrived where binary is expected. Closes with 1003.
    ExpectedBinary,
    /// A message is not JSON, does not have the type that the endpoint receives, or breaks its rules. Closes with 1007.
    Invalid(InvalidMessage),
    /// A value to be sent could not be serialized. Closes with 1011.
    Encode(Box<dyn std::error::Error + Send + Sync>),
    /// The peer sent no message for `idle_timeout`. Closes with 1000.
    Idle(IdleTimeout),
    /// The peer exceeded the `rate_limit`; the message was discarded. Closes with 1008.
    #[cfg(feature = "rate-limit")]
    RateLimited(RateLimited),
    /// The send buffer has no room for a message of [`try_send`](crate::Sender::try_send), which does not wait. Closes
    /// with 1011.
    Full,
    /// A handler tried to send before the connection was accepted, while refusals are HTTP responses.
    NotAccepted,
    /// An endpoint tried to accept an [`Upgrade`](crate::Upgrade) with a subprotocol that the client did not offer.
    /// Closes with 1011.
    Subprotocol(SubprotocolNotOffered),
}

impl fmt::Display for SocketError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed(closed) => closed.fmt(f),
            Self::ExpectedText => f.write_str(ours::NOT_TEXT.reason),
            Self::ExpectedBinary => f.write_str(ours::NOT_BINARY.reason),
            Self::Invalid(error) => error.fmt(f),
            Self::Encode(error) => write!(f, "a message does not serialize: {error}"),
            Self::Idle(error) => error.fmt(f),
            #[cfg(feature = "rate-limit")]
            Self::RateLimited(error) => error.fmt(f),
            Self::Full => f.write_str("the send buffer is full"),
            Self::NotAccepted => f.write_str("the connection was not accepted"),
            Self::Subprotocol(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for SocketError {
    /// Returns the source that says how the connection ends, even if this error is wrapped: `anyhow` hides the type of
    /// an error that it boxes, but not its source.
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Closed(_) => Some(&Cause::Over),
            Self::ExpectedText => Some(&Cause::Binary),
            Self::ExpectedBinary => Some(&Cause::Text),
            Self::Invalid(error) => Some(error),
            Self::Encode(error) => Some(&**error),
            Self::Idle(error) => Some(error),
            #[cfg(feature = "rate-limit")]
            Self::RateLimited(error) => Some(error),
            Self::Subprotocol(error) => Some(error),
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

impl CloseError for SocketError {
    fn close(&self) -> Close {
        match self {
            Self::ExpectedText => ours::NOT_TEXT.close(),
            Self::ExpectedBinary => ours::NOT_BINARY.close(),
            // This is never sent, because the connection is closed.
            Self::Closed(Closed::Local(close)) => close.clone(),
            Self::Closed(_) => CloseCode::NORMAL_CLOSURE.into(),
            Self::Encode(_) | Self::Full | Self::NotAccepted => Close::internal_error(),
            Self::Invalid(error) => error.close(),
            Self::Idle(error) => error.close(),
            #[cfg(feature = "rate-limit")]
            Self::RateLimited(error) => error.close(),
            Self::Subprotocol(error) => error.close(),
        }
    }

    fn closes(closes: &mut Closes) {
        for error in [Self::ExpectedText, Self::ExpectedBinary] {
            let close = CloseDescription::from(&error.close()).variant(format!("{error:?}"));
            closes.push(close.docs("A message is text where bytes are expected, or bytes where text is."));
        }
        let json = CloseDescription::new(CloseCode::INVALID_FRAME_PAYLOAD_DATA).variant("Invalid");
        closes.push(json.docs("A message is not the JSON that is expected. The reason says where."));
        closes.of::<InvalidMessage>();
        closes.of::<IdleTimeout>();
        #[cfg(feature = "rate-limit")]
        closes.of::<RateLimited>();
        closes.internal_error("A message could not be sent.");
    }

    fn as_error(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(self)
    }

    /// A variant with an error type of its own is dispatched by that type.
    fn transparent(self) -> Result<Error, Self> {
        match self {
            Self::Invalid(error) => Ok(error.into()),
            Self::Idle(error) => Ok(error.into()),
            #[cfg(feature = "rate-limit")]
            Self::RateLimited(error) => Ok(error.into()),
            Self::Subprotocol(error) => Ok(error.into()),
            error => Err(error),
        }
    }
}

/// The error of a connection whose peer sent no message for `idle_timeout`. It closes with 1000 `inactivity timeout`.
///
/// It is dispatched like any other error, so a handler can say goodbye first:
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
#[error("{}", ours::INACTIVE.reason)]
#[non_exhaustive]
pub struct IdleTimeout;

impl CloseError for IdleTimeout {
    fn close(&self) -> Close {
        ours::INACTIVE.close()
    }

    fn closes(closes: &mut Closes) {
        let close = CloseDescription::from(&Self.close());
        closes.push(close.docs("The client sent no message for the `idle_timeout`."));
    }
}

/// The error of a connection whose peer exceeded the `rate_limit`. It closes with 1008 `rate limit exceeded`.
#[cfg(feature = "rate-limit")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{}", ours::RATE_LIMITED.reason)]
#[non_exhaustive]
pub struct RateLimited;

#[cfg(feature = "rate-limit")]
impl CloseError for RateLimited {
    fn close(&self) -> Close {
        ours::RATE_LIMITED.close()
    }

    fn closes(closes: &mut Closes) {
        let close = CloseDescription::from(&Self.close());
        closes.push(close.docs("The client sent more messages than the `rate_limit` allows."));
    }
}
