//! What can go wrong in a room.

use crate::{Close, CloseCode, CloseError, Error, SocketError};

/// Somebody in the room has this ID already. Closes 1008 `member ID already in use`.
///
/// (A member that is closed for this after an outage of Redis is closed in just that way: no endpoint was in between.)
/// A handler for it, or an error type of the app's that wraps it, may close otherwise:
///
/// ```
/// use ws_runtime::{App, Close, CloseCode, ErrorContext, rooms::MemberTaken};
///
/// let app = App::new().on_error(async |_taken: MemberTaken, _cx: ErrorContext| {
///     Close::new(CloseCode::POLICY_VIOLATION, "User ID already in use")
/// });
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("member ID already in use")]
#[non_exhaustive]
pub struct MemberTaken;

impl CloseError for MemberTaken {
    fn close(&self) -> Close {
        Close::new(CloseCode::POLICY_VIOLATION, self.to_string())
    }
}

/// Nobody in the room has this ID. Closes 1008 `no such member`, unless the endpoint handles it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no such member")]
#[non_exhaustive]
pub struct NotAMember;

impl CloseError for NotAMember {
    fn close(&self) -> Close {
        Close::new(CloseCode::POLICY_VIOLATION, self.to_string())
    }
}

/// Why a message could not be sent to one member of a room.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RoomError {
    /// Nobody in the room has this ID.
    #[error(transparent)]
    NotAMember(#[from] NotAMember),
    /// The message does not serialize.
    #[error(transparent)]
    Socket(#[from] SocketError),
}

impl CloseError for RoomError {
    fn close(&self) -> Close {
        match self {
            Self::NotAMember(error) => error.close(),
            Self::Socket(error) => error.close(),
        }
    }

    fn transparent(self) -> Result<Error, Self> {
        Ok(match self {
            Self::NotAMember(error) => error.into(),
            Self::Socket(error) => error.into(),
        })
    }
}
