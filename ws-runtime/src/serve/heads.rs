//! [`Heads`]: limits how many connections may be open before their first request head.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The places for connections whose head has not arrived yet.
#[derive(Clone)]
pub(super) struct Heads(Arc<Semaphore>);

impl Heads {
    pub(super) fn new(max: usize) -> Self {
        Self(Arc::new(Semaphore::new(max.clamp(1, Semaphore::MAX_PERMITS))))
    }

    /// Waits for a place.
    pub(super) async fn enter(&self) -> Head {
        // The semaphore is never closed. If it were, there would be no limit to keep.
        Head(Mutex::new(Arc::clone(&self.0).acquire_owned().await.ok()))
    }
}

/// A place, until it is released or dropped.
pub(super) struct Head(Mutex<Option<OwnedSemaphorePermit>>);

impl Head {
    /// Releases the place for another connection. From here on this one is counted elsewhere, or left to the
    /// fallback.
    pub(super) fn leave(&self) {
        drop(self.0.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}
