//! [`Heads`]: how many connections may be open before their first request head.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The places of connections whose head has not come yet.
#[derive(Clone)]
pub(super) struct Heads(Arc<Semaphore>);

impl Heads {
    pub(super) fn new(max: usize) -> Self {
        Self(Arc::new(Semaphore::new(max.clamp(1, Semaphore::MAX_PERMITS))))
    }

    /// Waits for a place.
    pub(super) async fn enter(&self) -> Head {
        // It is never closed, and if it were there would be no limit to keep.
        Head(Mutex::new(Arc::clone(&self.0).acquire_owned().await.ok()))
    }
}

/// A place, until it is left or dropped.
pub(super) struct Head(Mutex<Option<OwnedSemaphorePermit>>);

impl Head {
    /// Gives the place to another connection: what follows is counted elsewhere, or is for the fallback to count.
    pub(super) fn leave(&self) {
        drop(self.0.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}
