//! [`Accepting`]: accepts the connections of a listener, and serves each in a task.

use std::{
    fmt,
    future::{Future, poll_fn},
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::Poll,
};

use super::{
    service::Inner,
    serving::{By, serve},
};
use crate::{Listener, Peer};

/// A listener whose connections are accepted until this is dropped. That drops the listener and frees its address at
/// once, even if the task that accepts does not run again.
pub(super) struct Accepting(Slot);

type Slot = Arc<Mutex<Option<Pin<Box<dyn Future<Output = ()> + Send>>>>>;

impl Accepting {
    /// Returns the handle, and the future that accepts until the handle is dropped.
    pub(super) fn new<L: Listener>(
        listener: L,
        service: Arc<Inner>,
    ) -> (Self, impl Future<Output = ()> + Send + 'static) {
        let slot: Slot = Arc::new(Mutex::new(Some(Box::pin(accept(listener, service)))));
        let accepting = Arc::clone(&slot);
        let task = poll_fn(move |cx| match &mut *accepting.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(accept) => accept.as_mut().poll(cx),
            None => Poll::Ready(()),
        });
        (Self(slot), task)
    }
}

impl Drop for Accepting {
    fn drop(&mut self) {
        let accept = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(accept);
    }
}

impl fmt::Debug for Accepting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Accepting").finish_non_exhaustive()
    }
}

async fn accept<L: Listener>(mut listener: L, service: Arc<Inner>) {
    loop {
        let head = service.heads.enter().await;
        let (io, addr) = listener.accept().await;
        let peer: Peer = addr.into();
        tokio::spawn(serve::<_, By<L>>(Arc::clone(&service), io, peer, Some(head)));
    }
}
