//! [`Item`]: an entry of the inbox.

use super::read_ahead::Size;
use crate::{Message, connection::ConnectionError};

/// A message from the peer, or the mark of one that was discarded.
pub(in crate::connection) enum Item {
    Message(Message),
    /// A message that exceeded the rate limit and was discarded.
    #[cfg(feature = "rate-limit")]
    RateLimited,
}

impl Item {
    // Without the feature, this conversion cannot fail.
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
