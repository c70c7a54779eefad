//! [`Waiting`]: the tasks that wait for room in an outbox.

use std::{
    collections::BTreeMap,
    future::Future,
    num::NonZeroU64,
    pin::Pin,
    task::{Context, Poll, Waker, ready},
};

use super::{Outbox, State, flag};
use crate::{
    Closed,
    connection::{ConnectionError, limits::WhenFull},
};

/// The tasks that wait for room.
#[derive(Default)]
pub(super) struct Waiting {
    /// The waiting futures by their places. Places are numbered in the order of arrival and never used twice. A
    /// future stays here until there is room for it, or until it gives up.
    futures: BTreeMap<NonZeroU64, Waker>,
    /// The tasks that poll without a future, and do not say when they stop waiting.
    others: Vec<Waker>,
}

impl Waiting {
    pub(super) fn keep(&mut self, waker: &Waker) {
        if !self.others.iter().any(|known| known.will_wake(waker)) {
            self.others.push(waker.clone());
        }
    }

    /// Wakes all of them. It must not be called under the lock, as a task that is woken may take it.
    pub(super) fn wake(waiting: Option<Box<Self>>) {
        if let Some(waiting) = waiting {
            let Self { futures, others } = *waiting;
            futures.into_values().chain(others).for_each(Waker::wake);
        }
    }

    fn is_empty(&self) -> bool {
        self.futures.is_empty() && self.others.is_empty()
    }
}

/// The tasks to wake when there is room, once the lock is released.
pub(super) struct Next {
    first: Option<Waker>,
    others: Vec<Waker>,
}

impl Next {
    pub(super) fn wake(self) {
        self.first.into_iter().chain(self.others).for_each(Waker::wake);
    }
}

impl State {
    /// Takes the tasks to wake when there is room. Of the futures it is only the first, which wakes the next when it
    /// is done. Otherwise all of them would compete for the same room again and again.
    pub(super) fn next_for_room(&mut self) -> Next {
        let Some(waiting) = &mut self.waiting else { return Next { first: None, others: Vec::new() } };
        let first = waiting.futures.pop_first().map(|(_, waker)| waker);
        let others = std::mem::take(&mut waiting.others);
        if waiting.is_empty() {
            self.waiting = None;
        }
        Next { first, others }
    }
}

/// A future that completes once there is room, or once there never will be.
pub(crate) struct Capacity<'a> {
    outbox: &'a Outbox,
    /// The place of this future among those that wait.
    place: Option<NonZeroU64>,
}

impl Outbox {
    pub(crate) fn capacity(&self) -> Capacity<'_> {
        Capacity { outbox: self, place: None }
    }

    /// Waits for room, for callers that then [`push`](Self::push) one message. Ready as well once there never will be
    /// room.
    pub(crate) fn poll_capacity(&self, cx: &mut Context<'_>) -> Poll<Result<(), ConnectionError>> {
        self.poll_capacity_or(|state| state.waiting().keep(cx.waker()))
    }

    /// Checks for room. If there is none, `wait` records who waits for it.
    fn poll_capacity_or(&self, wait: impl FnOnce(&mut State)) -> Poll<Result<(), ConnectionError>> {
        let mut state = self.lock();
        state.check_open()?;
        if self.has(flag::FULL) {
            wait(&mut state);
            return Poll::Pending;
        }
        Poll::Ready(Ok(()))
    }
}

impl Capacity<'_> {
    /// Calls `append` once there is room for a message. If `append` returns `Pending` for lack of room, it is called
    /// again later.
    pub(crate) fn poll_send<E: From<ConnectionError>>(
        &mut self,
        cx: &mut Context<'_>,
        append: impl Fn(&Outbox) -> Poll<Result<(), E>>,
    ) -> Poll<Result<(), E>> {
        loop {
            // This is checked before the message is encoded, which would be wasted work without room.
            if self.place.is_some() || self.outbox.is_full() {
                ready!(Pin::new(&mut *self).poll(cx))?;
            }
            if let Poll::Ready(sent) = append(self.outbox) {
                // The sender may keep this for long, and others may wait behind it.
                self.pass_on();
                return Poll::Ready(sent);
            }
        }
    }

    /// Gives up the place. Wakes the next future if this one was woken: there may be room for more than one message, or
    /// this one may have given up.
    fn pass_on(&mut self) {
        let Some(place) = self.place.take() else { return };
        let mut state = self.outbox.lock();
        let waits = state.waiting.as_mut().is_some_and(|waiting| waiting.futures.remove(&place).is_some());
        if !waits && !self.outbox.has(flag::FULL) {
            let next = state.next_for_room();
            drop(state);
            next.wake();
        }
    }

    /// Sends as the handles beside the endpoint do. They may be many, and must not all wait for one slow connection,
    /// so the option `send_buffer` decides what happens to a message that finds no room.
    pub(crate) fn poll_send_by_policy<E: From<ConnectionError>>(
        &mut self,
        cx: &mut Context<'_>,
        append: impl Fn(&Outbox) -> Poll<Result<(), E>>,
    ) -> Poll<Result<(), E>> {
        let outbox = self.outbox;
        match &outbox.limits().send_buffer.when_full {
            WhenFull::Wait => self.poll_send(cx, append),
            WhenFull::Drop => Poll::Ready(match append(outbox) {
                Poll::Ready(sent) => sent,
                Poll::Pending => Ok(()),
            }),
            WhenFull::Close(close) => Poll::Ready(match append(outbox) {
                Poll::Ready(sent) => sent,
                Poll::Pending => outbox
                    .close(close.clone())
                    .and_then(|()| Err(ConnectionError::Closed(Closed::Local(close.clone()))))
                    .map_err(E::from),
            }),
        }
    }
}

impl Future for Capacity<'_> {
    type Output = Result<(), ConnectionError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { outbox, place } = &mut *self;
        outbox.poll_capacity_or(|state| {
            let place = *place.get_or_insert_with(|| {
                state.places = state.places.saturating_add(1);
                state.places
            });
            state.waiting().futures.insert(place, cx.waker().clone());
        })
    }
}

impl Drop for Capacity<'_> {
    fn drop(&mut self) {
        self.pass_on();
    }
}

#[cfg(all(test, not(ws_loom)))]
mod tests {
    use std::{
        pin::pin,
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering},
        },
        task::Wake,
    };

    use super::*;
    use crate::{SendBuffer, connection::Limits};

    #[test]
    fn who_gives_up_is_forgotten() {
        let limits = Limits { send_buffer: SendBuffer::bytes(1), ..Limits::default() };
        let outbox = Outbox::new(Arc::new(limits));
        outbox.try_push(&"x".into()).unwrap();
        let mut cx = Context::from_waker(Waker::noop());
        for _ in 0..3 {
            let message = "y".into();
            let send = pin!(outbox.send(&message));
            assert!(send.poll(&mut cx).is_pending());
            assert_eq!(outbox.lock().waiting().futures.len(), 1);
        }
        assert_eq!(outbox.lock().waiting().futures.len(), 0);
    }

    #[test]
    fn who_came_later_has_another_place() {
        let limits = Limits { send_buffer: SendBuffer::bytes(1), ..Limits::default() };
        let outbox = Outbox::new(Arc::new(limits));
        let mut cx = Context::from_waker(Waker::noop());
        outbox.try_push(&"x".into()).unwrap();
        let mut first = pin!(outbox.capacity());
        assert!(first.as_mut().poll(&mut cx).is_pending());
        // There is room, but another sender takes it before the first one looks.
        outbox.take();
        outbox.try_push(&"y".into()).unwrap();
        let mut second = pin!(outbox.capacity());
        assert!(second.as_mut().poll(&mut cx).is_pending());
        assert!(first.as_mut().poll(&mut cx).is_pending());
        assert_eq!(outbox.lock().waiting().futures.len(), 2);
    }

    /// A task that counts how often it is woken, both by itself and together with its siblings.
    struct Task {
        woken: AtomicUsize,
        all: Arc<AtomicUsize>,
    }

    impl Wake for Task {
        fn wake(self: Arc<Self>) {
            self.woken.fetch_add(1, Ordering::Relaxed);
            self.all.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn a_future_that_is_kept_when_it_is_done_holds_up_nobody() {
        let limits = Limits { send_buffer: SendBuffer::bytes(30), ..Limits::default() };
        let outbox = Outbox::new(Arc::new(limits));
        let message = "x".into();
        while outbox.try_push(&message).is_ok() {}
        let all = Arc::<AtomicUsize>::default();
        let tasks = [(); 2].map(|()| Arc::new(Task { woken: AtomicUsize::new(0), all: Arc::clone(&all) }));
        let mut rooms = [(); 2].map(|()| outbox.capacity());
        let mut send = |number: usize| {
            let waker = Waker::from(Arc::clone(&tasks[number]));
            rooms[number].poll_send(&mut Context::from_waker(&waker), |outbox| outbox.poll_push(&message))
        };
        assert!(send(0).is_pending() && send(1).is_pending());
        outbox.take();
        let woken = || tasks.each_ref().map(|task| task.woken.load(Ordering::Relaxed));
        assert_eq!(woken(), [1, 0]);
        assert!(send(0).is_ready());
        assert_eq!(woken(), [1, 1]);
    }

    /// Many senders wait, with one message each.
    #[test]
    fn room_is_not_looked_at_by_all_who_wait() {
        const SENDERS: usize = 1000;
        let limits = Limits { send_buffer: SendBuffer::bytes(30), ..Limits::default() };
        let outbox = Outbox::new(Arc::new(limits));
        let message = "x".into();
        let all = Arc::<AtomicUsize>::default();
        while outbox.try_push(&message).is_ok() {}
        let mut senders: Vec<_> = (0..SENDERS)
            .map(|_| {
                let task = Arc::new(Task { woken: AtomicUsize::new(1), all: Arc::clone(&all) });
                (task, Some(Box::pin(outbox.send(&message))))
            })
            .collect();
        let mut sent = outbox.lock().wire.len();
        while senders.iter().any(|(_, send)| send.is_some()) {
            let mut progress = false;
            for (number, (task, send)) in senders.iter_mut().enumerate() {
                let woken = task.woken.swap(0, Ordering::Relaxed) > 0;
                if let Some(sending) = send.as_mut().filter(|_| woken) {
                    progress = true;
                    let waker = Waker::from(Arc::clone(task));
                    let gives_up = number % 10 == 9 && sent > 100;
                    if gives_up || sending.as_mut().poll(&mut Context::from_waker(&waker)).is_ready() {
                        *send = None;
                    }
                }
            }
            if !progress {
                let taken = outbox.take().len();
                assert!(taken > 0, "nobody is woken, and there is room");
                sent += taken;
            }
        }
        let wakes = all.load(Ordering::Relaxed);
        assert!(wakes <= 2 * SENDERS, "{wakes} times");
    }
}
