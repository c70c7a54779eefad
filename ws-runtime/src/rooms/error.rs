//! The errors of rooms.

use crate::{Close, CloseError, Error, SocketError, close::ours};

/// The error of [`Room::join`](super::Room::join) when somebody in the room already has the ID. It closes with 1008
/// `member ID already in use`.
///
/// A member that is closed for this reason after an outage of Redis is always closed that way, because no endpoint is
/// involved. Otherwise an error handler, or an error type of the app that wraps this one, can choose another code:
///
/// ```
/// use ws_runtime::{App, Close, CloseCode, ErrorContext, rooms::MemberTaken};
///
/// let app = App::new().on_error(async |_taken: MemberTaken, _cx: ErrorContext| {
///     Close::new(CloseCode::POLICY_VIOLATION, "User ID already in use")
/// });
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{}", ours::MEMBER_TAKEN.reason)]
#[non_exhaustive]
pub struct MemberTaken;

impl CloseError for MemberTaken {
    fn close(&self) -> Close {
        ours::MEMBER_TAKEN.close()
    }
}

/// The error of sending to an ID that nobody in the room has. Unless the endpoint handles it, it closes with 1008 `no
/// such member`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{}", ours::NOT_A_MEMBER.reason)]
#[non_exhaustive]
pub struct NotAMember;

impl CloseError for NotAMember {
    fn close(&self) -> Close {
        ours::NOT_A_MEMBER.close()
    }
}

/// The reason why a message could not be sent to one member of a room.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RoomError {
    /// Nobody in the room has this ID.
    #[error(transparent)]
    NotAMember(#[from] NotAMember),
    /// The message could not be serialized.
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
