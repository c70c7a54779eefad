//! [`Closed`]: how a connection was closed.

use std::fmt;

use crate::Close;

/// How a connection was closed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Closed {
    /// The peer sent a Close frame, with these contents.
    #[error("the peer closed the connection{}", match .0 { Some(close) => format!(" ({close})"), None => String::new() })]
    Peer(Option<PeerClose>),
    /// The transport ended without a Close frame. Browsers report this as 1006.
    #[error("the peer is gone")]
    Lost,
    /// This side closed the connection first.
    #[error("the connection was closed here: {0}")]
    Local(Close),
}

impl Closed {
    /// Returns the code of the Close frame, sent by either side, or `None` if there was no frame or it contained no
    /// code.
    #[must_use]
    pub fn code(&self) -> Option<u16> {
        match self {
            Self::Peer(close) => close.as_ref().map(|close| close.code),
            Self::Local(close) => Some(close.code().as_u16()),
            Self::Lost => None,
        }
    }

    /// Returns the reason of the Close frame, which is empty if there is none.
    #[must_use]
    pub fn reason(&self) -> &str {
        match self {
            Self::Peer(close) => close.as_ref().map_or("", |close| &close.reason),
            Self::Local(close) => close.reason(),
            Self::Lost => "",
        }
    }
}

/// The contents of the peer's Close frame. The code may be one that this crate cannot send.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PeerClose {
    /// The code.
    pub code: u16,
    /// The reason, at most 123 bytes.
    pub reason: String,
}

impl PeerClose {
    /// What a peer might have said, for tests of code that takes a [`Closed`].
    pub fn new(code: u16, reason: impl Into<String>) -> Self {
        Self { code, reason: reason.into() }
    }
}

impl fmt::Display for PeerClose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.reason.as_str() {
            "" => write!(f, "{}", self.code),
            reason => write!(f, "{}: {reason}", self.code),
        }
    }
}
