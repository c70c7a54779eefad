//! [`Verdict`]: what the sources of an error say about the end of a connection.
//!
//! `anyhow::Error` and boxes hide the type of the error that they contain, so everything here is found through
//! [`Error::source`].

use std::{error::Error, fmt, iter::successors};

#[cfg(feature = "rate-limit")]
use crate::RateLimited;
use crate::{Close, CloseError, Closed, IdleTimeout, InvalidMessage, SocketError, ValidationError};

/// The number of sources that are examined. There is a limit because a user's error may be its own source.
const MAX_SOURCES: usize = 64;

/// The meaning of an error for its connection, regardless of how it is wrapped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The connection is over already.
    Over,
    /// A message of the wrong kind (text or binary) arrived. This decides the close however it is wrapped, unless a
    /// close was chosen.
    WrongKind(Close),
    /// Another error with its own close. A user's type that wraps it takes precedence.
    Close(Close),
}

impl Verdict {
    /// Examines an error and its sources.
    pub(crate) fn of(error: &(dyn Error + 'static)) -> Option<Self> {
        successors(Some(error), |error: &&(dyn Error + 'static)| (*error).source())
            .take(MAX_SOURCES)
            .find_map(Self::of_one)
    }

    fn of_one(error: &(dyn Error + 'static)) -> Option<Self> {
        if let Some(error) = error.downcast_ref() {
            return match error {
                SocketError::Closed(_) => Some(Self::Over),
                SocketError::Encode(_)
                | SocketError::Full
                | SocketError::NotAccepted
                | SocketError::Subprotocol(_) => None,
                error @ (SocketError::ExpectedText | SocketError::ExpectedBinary) => {
                    Some(Self::WrongKind(error.close()))
                }
                error => Some(Self::Close(error.close())),
            };
        }
        if let Some(error) = error.downcast_ref::<super::Error>() {
            return error.verdict();
        }
        if let Some(cause) = error.downcast_ref::<Cause>() {
            return Some(cause.verdict());
        }
        if error.is::<Closed>() {
            return Some(Self::Over);
        }
        let close = None
            .or_else(|| error.downcast_ref().map(InvalidMessage::close))
            .or_else(|| error.downcast_ref().map(ValidationError::close))
            .or_else(|| error.downcast_ref().map(IdleTimeout::close))
            .or_else(|| error.downcast_ref::<Close>().cloned());
        #[cfg(feature = "rate-limit")]
        let close = close.or_else(|| error.downcast_ref().map(RateLimited::close));
        close.map(Self::Close)
    }
}

/// The source of those [`SocketError`]s that have no other, so that they can still be recognised when `anyhow` has
/// hidden their type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    Over,
    Text,
    Binary,
}

impl Cause {
    fn verdict(self) -> Verdict {
        let error = match self {
            Self::Over => return Verdict::Over,
            Self::Text => SocketError::ExpectedBinary,
            Self::Binary => SocketError::ExpectedText,
        };
        Verdict::WrongKind(error.close())
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Over => "the connection is over",
            Self::Text => "a text message came",
            Self::Binary => "a binary message came",
        })
    }
}

impl Error for Cause {}
