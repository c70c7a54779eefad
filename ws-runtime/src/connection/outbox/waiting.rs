//! [`Waiting`]: who waits for room in an outbox.

use std::{
    collections::BTreeMap,
    future::Future,
    num::NonZeroU64,
    pin::Pin,
    task::{Context, Poll, Waker, ready},
};

use super::{Outbox, State, flag};
use crate::{Closed, SocketError, connection::limits::WhenFull};

/// Those who wait for room.
#[derive(Default)]
pub(super) struct Waiting {
    /// By their places, which are in the order in which they came and never given away again: each until it has room, or
    /// gives up.
    futures: BTreeMap<NonZeroU64, Waker>,
    /// Those who poll, and do not say when they stop.
    others: Vec<Waker>,
}

impl Waiting {
    pub(super) fn keep(&mut self, waker: &Waker) {
        if !self.others.iter().any(|known| known.will_wake(waker)) {
            self.others.push(waker.clone());
        }
    }

    /// Wakes all of them. Not under the lock, as whoever is woken may want it.
    pub(super) fn wake(waiting: Option<Box<Self>>) {
        if let Some(waiting) = waiting {
            let Self { futures, others } = *waiting;
            futures.into_values().chain(others).for_each(Waker::wake);
        }
    }
}

/// Completes once there is room, or never will be.
pub(crate) struct Room<'a> {
    outbox: &'a Outbox,
    /// Its place among those who wait.
    place: Option<NonZeroU64>,
}

impl Outbox {
    pub(crate) fn room(&self) -> Room<'_> {
        Room { outbox: self, place: None }
    }

    /// Ready once there is room, or never will be; for those who then [`push`](Self::push) one message.
    pub(crate) fn poll_room(&self, cx: &mut Context<'_>) -> Poll<Result<(), SocketError>> {
        self.poll_room_or(|state| state.waiting().keep(cx.waker()))
    }

    /// If there is no room, `wait` takes note of who waits for it.
    fn poll_room_or(&self, wait: impl FnOnce(&mut State)) -> Poll<Result<(), SocketError>> {
        let mut state = self.lock();
        state.check_open()?;
        if self.has(flag::FULL) {
            wait(&mut state);
            return Poll::Pending;
        }
        Poll::Ready(Ok(()))
    }
}

impl Room<'_> {
    /// Has `append` append a message once there is room for it. It is pending if there is none, and called again then.
    pub(crate) fn poll_send(
        &mut self,
        cx: &mut Context<'_>,
        append: impl Fn(&Outbox) -> Poll<Result<(), SocketError>>,
    ) -> Poll<Result<(), SocketError>> {
        loop {
            // Before the message is encoded, which would be in vain.
            if self.place.is_some() || self.outbox.is_full() {
                ready!(Pin::new(&mut *self).poll(cx))?;
            }
            if let Poll::Ready(sent) = append(self.outbox) {
                return Poll::Ready(sent);
            }
        }
    }

    /// As handles beside the endpoint do, who may be many and must not wait for one: what becomes of a message without
    /// room is the option's to say.
    pub(crate) fn poll_send_by_policy(
        &mut self,
        cx: &mut Context<'_>,
        append: impl Fn(&Outbox) -> Poll<Result<(), SocketError>>,
    ) -> Poll<Result<(), SocketError>> {
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
                    .and_then(|()| Err(SocketError::Closed(Closed::Local(close.clone())))),
            }),
        }
    }
}

impl Future for Room<'_> {
    type Output = Result<(), SocketError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { outbox, place } = &mut *self;
        outbox.poll_room_or(|state| {
            let place = *place.get_or_insert_with(|| {
                state.places = state.places.saturating_add(1);
                state.places
            });
            state.waiting().futures.insert(place, cx.waker().clone());
        })
    }
}

impl Drop for Room<'_> {
    fn drop(&mut self) {
        if let Some(place) = self.place
            && let Some(waiting) = &mut self.outbox.lock().waiting
        {
            waiting.futures.remove(&place);
        }
    }
}

#[cfg(all(test, not(ws_loom)))]
mod tests {
    use std::{pin::pin, sync::Arc};

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
        let mut first = pin!(outbox.room());
        assert!(first.as_mut().poll(&mut cx).is_pending());
        // There is room, which another one takes before the first looks.
        outbox.take();
        outbox.try_push(&"y".into()).unwrap();
        let mut second = pin!(outbox.room());
        assert!(second.as_mut().poll(&mut cx).is_pending());
        assert!(first.as_mut().poll(&mut cx).is_pending());
        assert_eq!(outbox.lock().waiting().futures.len(), 2);
    }
}
