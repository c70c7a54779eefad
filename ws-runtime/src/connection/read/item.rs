//! [`Item`]: what a receiver is given.

use super::read_ahead::Size;
use crate::{Message, connection::ConnectionError};

/// What came in from the peer.
pub(in crate::connection) enum Item {
    Message(Message),
    /// A message came beyond the rate limit, and was thrown away.
    #[cfg(feature = "rate-limit")]
    RateLimited,
}

impl Item {
    // Without the feature nothing can go wrong with one.
    #[cfg_attr(not(feature = "rate-limit"), allow(clippy::unnecessary_wraps))]
    pub(in crate::connection) fn into_result(self) -> Result<Message, ConnectionError> {
        match self {
            Self::Message(message) => Ok(message),
            #[cfg(feature = "rate-limit")]
            Self::RateLimited => Err(ConnectionError::RateLimited),
        }
    }
}

impl Size for Item {
    fn size(&self) -> usize {
        match self {
            Self::Message(message) => message.size(),
            #[cfg(feature = "rate-limit")]
            Self::RateLimited => 0,
        }
    }
}
