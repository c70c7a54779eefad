//! [`Queue`]: what is to be sent, until the transport has taken it.

use std::{
    collections::VecDeque,
    sync::Arc,
    task::{Context, Poll},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use crate::Message;

/// What a message takes in the send buffer beyond its payload, in bytes.
pub(super) const OVERHEAD: usize = 64;

/// A new queue that holds so many bytes, and the end where messages come in.
pub(super) fn queue(bytes: usize) -> (Entry, Queue) {
    // Above that a permit could not say how much it is for.
    let bytes = u32::try_from(bytes).unwrap_or(u32::MAX).clamp(1, u32::MAX >> 3);
    let (queue, entries) = mpsc::unbounded_channel();
    let entry = Entry { queue, room: Arc::new(Semaphore::new(bytes as usize)), bytes };
    (entry, Queue { entries, unsent: VecDeque::new(), encoded: 0 })
}

/// Where messages come in, in the order of calls.
#[derive(Clone)]
pub(super) struct Entry {
    queue: mpsc::UnboundedSender<Queued>,
    room: Arc<Semaphore>,
    /// How much room there is in an empty queue.
    bytes: u32,
}

/// Why a message was not taken.
pub(super) enum NotTaken {
    /// The message is given back.
    Full(Message),
    Closed,
}

impl Entry {
    /// Waits for room.
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

    /// Nothing more is taken, not even from those who wait for room.
    pub(super) fn close(&self) {
        self.room.close();
    }

    fn put(&self, message: Message, room: OwnedSemaphorePermit) -> Result<(), NotTaken> {
        self.queue.send(Queued { message, end: 0, _room: room }).map_err(|_closed| NotTaken::Closed)
    }

    /// A message that is larger than the queue finds room when the queue is empty.
    fn size(&self, message: &Message) -> u32 {
        u32::try_from(message.len().saturating_add(OVERHEAD)).unwrap_or(u32::MAX).min(self.bytes)
    }
}

struct Queued {
    message: Message,
    /// Where it ends among the bytes of the connection.
    end: u64,
    _room: OwnedSemaphorePermit,
}

/// Messages until the transport has taken them.
pub(super) struct Queue {
    entries: mpsc::UnboundedReceiver<Queued>,
    unsent: VecDeque<Queued>,
    /// How many of `unsent` are encoded for this connection.
    encoded: usize,
}

impl Queue {
    /// A new connection begins: what the last one did not take is to be sent again.
    pub(super) fn restart(&mut self) {
        self.encoded = 0;
    }

    /// The next message to be encoded, which is to end where the returned place is set to; `None` once the queue is
    /// closed and empty.
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

    /// Whether everything that was sent is encoded for this connection.
    pub(super) fn is_encoded(&self) -> bool {
        self.encoded == self.unsent.len() && self.entries.is_empty()
    }

    /// The transport has taken this many bytes of the connection.
    pub(super) fn sent(&mut self, bytes: u64) {
        while self.encoded > 0 && self.unsent.front().is_some_and(|queued| queued.end <= bytes) {
            self.unsent.pop_front();
            self.encoded -= 1;
        }
    }

    /// What is in the queue stays there, and no more is taken.
    pub(super) fn close(&mut self) {
        self.entries.close();
    }
}
