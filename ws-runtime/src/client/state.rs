//! [`ClientState`]: the states of a client.

use std::time::Duration;

use super::Ended;

/// The state of a client. [`Client::states`](super::Client::states) reports every change.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum ClientState {
    /// The client has a connection.
    Open,
    /// The connection ended, and the client waits before it reconnects.
    Waiting {
        /// The number of the next attempt, starting at 1.
        attempt: u32,
        /// The delay before the next attempt.
        delay: Duration,
        /// How the last connection ended, or why the last attempt failed.
        last: Ended,
    },
    /// The client is reconnecting.
    Connecting {
        /// The number of the attempt, starting at 1. Counting starts anew once a connection has been open for a while;
        /// see [`Backoff`](super::Backoff).
        attempt: u32,
    },
    /// The last connection has ended, and the client will not reconnect.
    Closed(Ended),
}

impl ClientState {
    /// Returns `true` if there is a connection.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Open)
    }

    /// Returns how the last connection ended, if the client will not reconnect.
    #[must_use]
    pub fn ended(&self) -> Option<&Ended> {
        match self {
            Self::Closed(ended) => Some(ended),
            _ => None,
        }
    }
}
