//! [`Woken`]: who is to be woken once a lock is given back.

use std::task::Waker;

/// Whoever is woken may be dropped by it, and want the lock for that: so nobody is woken with it.
#[derive(Default)]
pub(crate) struct Woken {
    /// Who waits for a message.
    pub(crate) receiver: Option<Waker>,
    /// The task of the connection.
    pub(crate) driver: Option<Waker>,
}

impl Woken {
    pub(crate) fn wake(self) {
        self.receiver.into_iter().chain(self.driver).for_each(Waker::wake);
    }
}
