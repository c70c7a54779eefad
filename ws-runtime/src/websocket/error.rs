//! [`SocketError`]: why a message was not received or not sent.

use crate::{Close, CloseCode, CloseError};

/// Why a message could not be received or sent.
///
/// [`Closed`](Self::Closed) ends an endpoint quietly when it leaves through `?`: nothing is logged above debug, and
/// no handler runs. The others say that one message was not what the endpoint asked for; the endpoint may handle
/// them and go on, or leave with them and so close the connection.
#[derive(Debug, thiserror::Error)]
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
    #[error("invalid JSON: {0}")]
    Json(#[source] serde_json::Error),
    /// A value of ours does not serialize. Closes 1011.
    #[error("a message does not serialize: {0}")]
    Encode(#[source] serde_json::Error),
    /// A handler wanted to send before accept, while refusals are HTTP responses.
    #[error("the connection was not accepted")]
    NotAccepted,
}

/// How a connection was closed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Closed {
    /// The peer sent a Close frame, with what it said in it.
    #[error("the peer closed the connection{}", match .0 { Some(close) => format!(" ({close})"), None => String::new() })]
    Peer(Option<PeerClose>),
    /// The transport ended without a Close frame: what browsers call 1006.
    #[error("the peer is gone")]
    Lost,
    /// Our side closed first.
    #[error("the connection was closed here: {0}")]
    Local(Close),
}

/// What the peer said in its Close frame. It may be a code that we could not send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerClose {
    /// The code.
    pub code: u16,
    /// The reason, at most 123 bytes.
    pub reason: String,
}

impl std::fmt::Display for PeerClose {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.reason.as_str() {
            "" => write!(f, "{}", self.code),
            reason => write!(f, "{}: {reason}", self.code),
        }
    }
}

impl CloseError for SocketError {
    fn close(&self) -> Close {
        match self {
            Self::ExpectedText | Self::ExpectedBinary => {
                Close::new(CloseCode::UNSUPPORTED_DATA, self.to_string())
            }
            Self::Json(_) => Close::new(CloseCode::INVALID_FRAME_PAYLOAD_DATA, self.to_string()),
            // Never sent: the connection is closed.
            Self::Closed(Closed::Local(close)) => close.clone(),
            Self::Closed(_) => CloseCode::NORMAL_CLOSURE.into(),
            Self::Encode(_) | Self::NotAccepted => Close::internal_error(),
        }
    }
}
