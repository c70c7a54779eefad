//! [`ReadAhead`]: messages that an endpoint, or the user of a client, has not received yet.

use std::collections::VecDeque;

use crate::{Message, connection::limits::READ_AHEAD};

/// A queue of what was read ahead.
pub(crate) struct ReadAhead<T> {
    /// The queue, or `None` while it is empty, as an idle connection should hold no memory for it.
    queue: Option<Box<Queue<T>>>,
}

struct Queue<T> {
    items: VecDeque<T>,
    /// The size of all items together.
    bytes: usize,
}

/// The size that an item counts for.
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
        Self { queue: None }
    }
}

impl<T: Size> ReadAhead<T> {
    pub(crate) fn push(&mut self, item: T) {
        let empty = || Box::new(Queue { items: VecDeque::new(), bytes: 0 });
        let queue = self.queue.get_or_insert_with(empty);
        queue.bytes += item.size();
        queue.items.push_back(item);
    }

    pub(crate) fn pop(&mut self) -> Option<T> {
        let queue = self.queue.as_mut()?;
        let item = queue.items.pop_front()?;
        queue.bytes -= item.size();
        if queue.items.is_empty() {
            self.queue = None;
        }
        Some(item)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.queue.is_none()
    }

    pub(crate) fn is_full(&self) -> bool {
        let (most, bytes) = READ_AHEAD;
        self.queue.as_ref().is_some_and(|queue| queue.items.len() >= most || queue.bytes >= bytes)
    }
}
