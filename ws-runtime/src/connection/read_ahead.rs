//! [`ReadAhead`]: what came in and was not received yet, by an endpoint or by the user of a client.

use std::collections::VecDeque;

use super::limits::READ_AHEAD;
use crate::Message;

/// What was read ahead, in its order.
pub(crate) struct ReadAhead<T> {
    items: VecDeque<T>,
    /// Of all of them.
    bytes: usize,
}

/// How much something counts, in bytes.
pub(crate) trait Size {
    fn size(&self) -> usize;
}

impl Size for Message {
    fn size(&self) -> usize {
        self.len()
    }
}

impl<T> Default for ReadAhead<T> {
    fn default() -> Self {
        Self { items: VecDeque::new(), bytes: 0 }
    }
}

impl<T: Size> ReadAhead<T> {
    pub(crate) fn push(&mut self, item: T) {
        self.bytes += item.size();
        self.items.push_back(item);
    }

    pub(crate) fn pop(&mut self) -> Option<T> {
        let item = self.items.pop_front()?;
        self.bytes -= item.size();
        if self.items.is_empty() {
            // An idle connection holds no queue.
            self.items = VecDeque::new();
        }
        Some(item)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    pub(crate) fn is_full(&self) -> bool {
        let (most, bytes) = READ_AHEAD;
        self.items.len() >= most || self.bytes >= bytes
    }
}
