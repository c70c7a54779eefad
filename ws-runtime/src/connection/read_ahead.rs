//! [`ReadAhead`]: messages that the endpoint has not received yet.

use std::collections::VecDeque;

use super::limits::READ_AHEAD;
use crate::{Message, SocketError};

/// What was read ahead of the endpoint, in its order.
#[derive(Default)]
pub(super) struct ReadAhead {
    items: VecDeque<Item>,
    /// Of all messages.
    bytes: usize,
}

/// What a receiver is given.
pub(super) enum Item {
    Message(Message),
    /// A message came beyond the rate limit, and was thrown away.
    #[cfg(feature = "rate-limit")]
    RateLimited,
}

impl ReadAhead {
    pub(super) fn push(&mut self, item: Item) {
        self.bytes += item.len();
        self.items.push_back(item);
    }

    pub(super) fn pop(&mut self) -> Option<Item> {
        let item = self.items.pop_front()?;
        self.bytes -= item.len();
        if self.items.is_empty() {
            // An idle connection holds no queue.
            self.items = VecDeque::new();
        }
        Some(item)
    }

    pub(super) fn is_full(&self) -> bool {
        let (messages, bytes) = READ_AHEAD;
        self.items.len() >= messages || self.bytes >= bytes
    }
}

impl Item {
    fn len(&self) -> usize {
        match self {
            Self::Message(message) => message.len(),
            #[cfg(feature = "rate-limit")]
            Self::RateLimited => 0,
        }
    }

    // Without the feature nothing can go wrong with one.
    #[cfg_attr(not(feature = "rate-limit"), allow(clippy::unnecessary_wraps))]
    pub(super) fn into_result(self) -> Result<Message, SocketError> {
        match self {
            Self::Message(message) => Ok(message),
            #[cfg(feature = "rate-limit")]
            Self::RateLimited => Err(SocketError::RateLimited(crate::RateLimited)),
        }
    }
}
