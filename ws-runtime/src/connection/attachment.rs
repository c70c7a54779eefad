//! [`Attach`] and [`Attaching`]: they hand the connection to its endpoint after an accepted handshake.

use std::{
    mem,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use super::Attached;

/// Creates the two ends: one gives the connection, the other waits for it.
pub(crate) fn attachment() -> (Attach, Attaching) {
    let slot = Slot::default();
    (Attach(slot.clone()), Attaching(slot))
}

/// The end that gives the connection. If it is dropped, there will be no connection.
pub(crate) struct Attach(Slot);

/// A future that waits for the connection. It yields `None` if there will be none.
pub(crate) struct Attaching(Slot);

#[derive(Clone, Default)]
struct Slot(Arc<Mutex<State>>);

#[derive(Default)]
enum State {
    #[default]
    Empty,
    Awaited(Waker),
    Attached(Attached),
    Lost,
}

impl Slot {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Attach {
    /// Gives the connection. `driver` is the task that calls this function, and it polls the endpoint next. A channel
    /// would wake the task for that, which costs every connection another poll.
    pub(super) fn attach(self, inbox: Attached, driver: &Waker) {
        let before = mem::replace(&mut *self.0.lock(), State::Attached(inbox));
        match before {
            State::Awaited(waiting) if !waiting.will_wake(driver) => waiting.wake(),
            _ => {}
        }
    }
}

impl Drop for Attach {
    fn drop(&mut self) {
        let before = {
            let mut state = self.0.lock();
            match &*state {
                State::Attached(_) => return,
                _ => mem::replace(&mut *state, State::Lost),
            }
        };
        if let State::Awaited(waiting) = before {
            waiting.wake();
        }
    }
}

impl Future for Attaching {
    type Output = Option<Attached>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Attached>> {
        let mut state = self.0.lock();
        match mem::replace(&mut *state, State::Lost) {
            State::Attached(inbox) => Poll::Ready(Some(inbox)),
            State::Lost => Poll::Ready(None),
            State::Empty | State::Awaited(_) => {
                *state = State::Awaited(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        pin::pin,
        sync::atomic::{AtomicUsize, Ordering},
        task::Wake,
    };

    use super::*;
    use crate::{
        Message,
        connection::{ConnectionError, read::Receive},
    };

    struct Nothing;

    impl Receive for Nothing {
        fn poll_recv(&self, _: &mut Context<'_>) -> Poll<Result<Message, ConnectionError>> {
            Poll::Pending
        }

        fn stop_waiting(&self) {}
    }

    #[derive(Default)]
    struct Task(AtomicUsize);

    impl Task {
        fn wakes(&self) -> usize {
            self.0.load(Ordering::Relaxed)
        }
    }

    impl Wake for Task {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn poll(attaching: &mut Attaching, waker: &Waker) -> Poll<bool> {
        pin!(attaching).poll(&mut Context::from_waker(waker)).map(|attached| attached.is_some())
    }

    #[test]
    fn another_task_is_woken_and_the_own_is_not() {
        for same in [true, false] {
            let task = Arc::new(Task::default());
            let endpoint = Waker::from(Arc::clone(&task));
            let driver = if same { endpoint.clone() } else { Waker::from(Arc::new(Task::default())) };
            let (attach, mut attaching) = attachment();
            assert_eq!(poll(&mut attaching, &endpoint), Poll::Pending);
            attach.attach(Arc::new(Nothing), &driver);
            assert_eq!(task.wakes(), usize::from(!same));
            assert_eq!(poll(&mut attaching, &endpoint), Poll::Ready(true));
        }
    }

    #[test]
    fn an_endpoint_that_waits_learns_that_there_is_no_connection() {
        let task = Arc::new(Task::default());
        let endpoint = Waker::from(Arc::clone(&task));
        let (attach, mut attaching) = attachment();
        assert_eq!(poll(&mut attaching, &endpoint), Poll::Pending);
        drop(attach);
        assert_eq!(task.wakes(), 1);
        assert_eq!(poll(&mut attaching, &endpoint), Poll::Ready(false));
    }

    #[test]
    fn what_was_attached_before_is_there_at_once() {
        let (attach, mut attaching) = attachment();
        attach.attach(Arc::new(Nothing), Waker::noop());
        assert_eq!(poll(&mut attaching, Waker::noop()), Poll::Ready(true));
    }
}
