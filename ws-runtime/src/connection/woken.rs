//! [`Woken`]: the tasks to wake once a lock is released.

use std::task::Waker;

/// Tasks to wake without holding the lock: waking a task may drop it, and dropping it may need the lock.
#[derive(Default)]
pub(crate) struct Woken {
    /// The task that waits for a message.
    pub(crate) receiver: Option<Waker>,
    /// The task of the connection.
    pub(crate) driver: Option<Waker>,
}

impl Woken {
    pub(crate) fn wake(self) {
        self.receiver.into_iter().chain(self.driver).for_each(Waker::wake);
    }
}
