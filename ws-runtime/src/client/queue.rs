//! [`Queue`]: the messages to be sent, until the transport has taken them.

use std::{
    collections::VecDeque,
    sync::Arc,
    task::{Context, Poll},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use crate::Message;

/// The bytes that a message counts in the send buffer in addition to its payload.
pub(super) const OVERHEAD: usize = 64;

/// Creates a queue that holds `bytes` bytes, and returns it with the end that messages go into.
pub(super) fn queue(bytes: usize) -> (Entry, Queue) {
    // A permit cannot count more than that.
    let bytes = u32::try_from(bytes).unwrap_or(u32::MAX).clamp(1, u32::MAX >> 3);
    let (queue, entries) = mpsc::unbounded_channel();
    let entry = Entry { queue, room: Arc::new(Semaphore::new(bytes as usize)), bytes };
    (entry, Queue { entries, unsent: VecDeque::new(), encoded: 0 })
}

/// The end of a queue that messages go into, in the order of calls.
#[derive(Clone)]
pub(super) struct Entry {
    queue: mpsc::UnboundedSender<Queued>,
    room: Arc<Semaphore>,
    /// The capacity of the queue, in bytes.
    bytes: u32,
}

/// The reason why a message was not queued.
pub(super) enum NotTaken {
    /// There is no room; the message is returned.
    Full(Message),
    Closed,
}

impl Entry {
    /// Queues a message, and waits for room if necessary.
    pub(super) async fn push(self, message: Message) -> Result<(), NotTaken> {
        let room = Arc::clone(&self.room).acquire_many_owned(self.size(&message)).await;
        self.put(message, room.map_err(|_closed| NotTaken::Closed)?)
    }

    pub(super) fn try_push(&self, message: Message) -> Result<(), NotTaken> {
        use tokio::sync::TryAcquireError;

        match Arc::clone(&self.room).try_acquire_many_owned(self.size(&message)) {
            Ok(room) => self.put(message, room),
            Err(TryAcquireError::Closed) => Err(NotTaken::Closed),
            Err(TryAcquireError::NoPermits) => Err(NotTaken::Full(message)),
        }
    }

    /// Rejects all further messages, including those that are waiting for room.
    pub(super) fn close(&self) {
        self.room.close();
    }

    fn put(&self, message: Message, room: OwnedSemaphorePermit) -> Result<(), NotTaken> {
        self.queue.send(Queued { message, end: 0, _room: room }).map_err(|_closed| NotTaken::Closed)
    }

    /// Returns the size that a message counts. A message that is larger than the queue is accepted when the queue is
    /// empty.
    fn size(&self, message: &Message) -> u32 {
        u32::try_from(message.len().saturating_add(OVERHEAD)).unwrap_or(u32::MAX).min(self.bytes)
    }
}

struct Queued {
    message: Message,
    /// The position at which the message ends in the byte stream of the connection.
    end: u64,
    _room: OwnedSemaphorePermit,
}

/// The messages that the transport has not taken yet.
pub(super) struct Queue {
    entries: mpsc::UnboundedReceiver<Queued>,
    unsent: VecDeque<Queued>,
    /// The number of messages in `unsent` that are encoded for the current connection.
    encoded: usize,
}

impl Queue {
    /// Prepares for a new connection: what the last one did not take is sent again.
    pub(super) fn restart(&mut self) {
        self.encoded = 0;
    }

    /// Returns the next message to encode, and the place in which to store the position of its end. Returns `None` once
    /// the queue is closed and empty.
    pub(super) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<(Message, &mut u64)>> {
        if self.encoded == self.unsent.len() {
            match self.entries.poll_recv(cx) {
                Poll::Ready(Some(queued)) => self.unsent.push_back(queued),
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Pending => return Poll::Pending,
            }
        }
        let queued = &mut self.unsent[self.encoded];
        self.encoded += 1;
        Poll::Ready(Some((queued.message.clone(), &mut queued.end)))
    }

    /// Returns `true` if all queued messages are encoded for the current connection.
    pub(super) fn is_encoded(&self) -> bool {
        self.encoded == self.unsent.len() && self.entries.is_empty()
    }

    /// Removes the messages that the transport has taken, given the number of bytes it has taken on this connection.
    pub(super) fn sent(&mut self, bytes: u64) {
        while self.encoded > 0 && self.unsent.front().is_some_and(|queued| queued.end <= bytes) {
            self.unsent.pop_front();
            self.encoded -= 1;
        }
    }

    /// Rejects further messages. Those in the queue stay there.
    pub(super) fn close(&mut self) {
        self.entries.close();
    }
}
