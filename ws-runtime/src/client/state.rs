//! [`ClientState`]: what a client is doing.

use std::time::Duration;

use super::Ended;

/// What a client is doing. [`Client::states`](super::Client::states) tells of every change.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum ClientState {
    /// It has a connection.
    Open,
    /// The connection ended, and it waits before it tries again.
    Waiting {
        /// The number of the attempt that comes, from 1.
        attempt: u32,
        /// How long it waits.
        delay: Duration,
        /// How the last connection ended, or the last attempt failed.
        last: Ended,
    },
    /// It connects again.
    Connecting {
        /// The number of the attempt, from 1. It starts anew once a connection has been open for a while; see
        /// [`Backoff`](super::Backoff).
        attempt: u32,
    },
    /// The last connection has ended, and there will be no other.
    Closed(Ended),
}

impl ClientState {
    /// Whether there is a connection.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Open)
    }

    /// How the last connection ended, if there will be no other.
    #[must_use]
    pub fn ended(&self) -> Option<&Ended> {
        match self {
            Self::Closed(ended) => Some(ended),
            _ => None,
        }
    }
}
