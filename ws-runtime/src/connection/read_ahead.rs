//! [`ReadAhead`]: what came in and was not received yet, by an endpoint or by the user of a client.

use std::collections::VecDeque;

use super::limits::READ_AHEAD;
use crate::Message;

/// What was read ahead, in its order.
pub(crate) struct ReadAhead<T> {
    /// An idle connection holds no queue, not even an empty one.
    items: Option<Box<VecDeque<T>>>,
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
        Self { items: None, bytes: 0 }
    }
}

impl<T: Size> ReadAhead<T> {
    pub(crate) fn push(&mut self, item: T) {
        self.bytes += item.size();
        self.items.get_or_insert_default().push_back(item);
    }

    pub(crate) fn pop(&mut self) -> Option<T> {
        let items = self.items.as_mut()?;
        let item = items.pop_front()?;
        self.bytes -= item.size();
        if items.is_empty() {
            self.items = None;
        }
        Some(item)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn len(&self) -> usize {
        self.items.as_ref().map_or(0, |items| items.len())
    }

    pub(crate) fn is_full(&self) -> bool {
        let (most, bytes) = READ_AHEAD;
        self.len() >= most || self.bytes >= bytes
    }
}
