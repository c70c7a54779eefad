//! [`Shared`]: the state that the task of a client shares with its handles.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use super::Ended;
use crate::{
    Close, Message,
    connection::{ReadAhead, Woken},
    tracked::{Position, position_in},
};

/// The reason why a client should stop.
#[derive(Debug, Clone)]
pub(super) enum Stop {
    /// The client was closed. Queued messages are sent first.
    Close(Close),
    /// The client was dropped.
    Dropped,
}

impl Stop {
    pub(super) fn close(self) -> Close {
        match self {
            Self::Close(close) => close,
            Self::Dropped => crate::CloseCode::GOING_AWAY.into(),
        }
    }
}

/// The received messages and the requests to the task.
#[derive(Default)]
pub(super) struct Shared(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    received: ReadAhead<Message>,
    receiver: Option<Waker>,
    task: Option<Waker>,
    /// Set if the task wants to be woken when the user waits for a message.
    wake_when_awaited: bool,
    /// The wakers to wake once the lock is released.
    woken: Woken,
    stop: Option<Stop>,
    ended: Option<Ended>,
    subprotocol: Option<String>,
    /// The last position that was received, which the next connection starts from.
    position: Option<Position>,
}

impl Shared {
    /// Receives a message (called by the client).
    pub(super) fn poll_recv(&self, cx: &mut Context<'_>) -> Poll<Result<Message, Ended>> {
        self.with(|inner| {
            let was_full = inner.received.is_full();
            if let Some(message) = inner.received.pop() {
                if was_full {
                    inner.woken.driver.clone_from(&inner.task);
                }
                return Poll::Ready(Ok(message));
            }
            if let Some(ended) = &inner.ended {
                return Poll::Ready(Err(ended.clone()));
            }
            inner.receiver = Some(cx.waker().clone());
            if inner.wake_when_awaited {
                inner.woken.driver.clone_from(&inner.task);
            }
            Poll::Pending
        })
    }

    /// Asks the task to stop (called by the client). The first request stands, unless the client is dropped later.
    pub(super) fn stop(&self, stop: Stop) {
        self.with(|inner| {
            if inner.stop.is_none() || matches!(stop, Stop::Dropped) {
                inner.stop = Some(stop);
            }
            inner.woken.driver = inner.task.take();
        });
    }

    /// Returns how the client ended, or is about to end.
    pub(super) fn ended(&self) -> Ended {
        let inner = self.lock();
        let stop = || inner.stop.clone().map(|stop| Ended::Local(stop.close()));
        inner.ended.clone().or_else(stop).unwrap_or(Ended::Lost)
    }

    pub(super) fn subprotocol(&self) -> Option<String> {
        self.lock().subprotocol.clone()
    }

    pub(super) fn position(&self) -> Option<Position> {
        self.lock().position
    }

    pub(super) fn set_position(&self, position: Option<Position>) {
        self.lock().position = position;
    }

    /// Completes if the task should stop (called by the task). Also wakes the task when there is room for messages
    /// again.
    pub(super) fn poll_stop(&self, cx: &mut Context<'_>) -> Poll<Stop> {
        let mut inner = self.lock();
        if !inner.task.as_ref().is_some_and(|known| known.will_wake(cx.waker())) {
            inner.task = Some(cx.waker().clone());
        }
        inner.stop.clone().map_or(Poll::Pending, Poll::Ready)
    }

    /// Returns `true` if the task should stop (called by the task).
    pub(super) fn stop_requested(&self) -> bool {
        self.lock().stop.is_some()
    }

    /// Returns `true` if the user has received everything and waits for more (called by the task).
    pub(super) fn is_awaited(&self) -> bool {
        let inner = self.lock();
        inner.received.is_empty() && inner.receiver.is_some()
    }

    /// Asks for a wake-up when the user waits for a message (called by the task).
    pub(super) fn wake_when_awaited(&self) {
        self.lock().wake_when_awaited = true;
    }

    /// Returns `true` if the read-ahead is full (called by the task).
    pub(super) fn is_full(&self) -> bool {
        self.lock().received.is_full()
    }

    /// Adds a received message (called by the task).
    pub(super) fn push(&self, message: Message) {
        let position = position_in(&message);
        self.with(|inner| {
            inner.position = position.or(inner.position);
            inner.received.push(message);
            inner.woken.receiver = inner.receiver.take();
        });
    }

    /// Removes the received messages that the user has not taken (called by the task).
    pub(super) fn take_received(&self) -> VecDeque<Message> {
        let mut inner = self.lock();
        std::iter::from_fn(|| inner.received.pop()).collect()
    }

    /// Sets the subprotocol of the current connection (called by the task).
    pub(super) fn set_subprotocol(&self, subprotocol: Option<String>) {
        self.lock().subprotocol = subprotocol;
    }

    /// Records how the client ended; the task calls this last. The first end stands.
    pub(super) fn end(&self, ended: Ended) {
        self.with(|inner| {
            inner.ended.get_or_insert(ended);
            inner.woken.receiver = inner.receiver.take();
        });
    }

    /// Runs `f` on the locked state, then releases the lock and wakes those that `f` marked.
    fn with<T>(&self, f: impl FnOnce(&mut Inner) -> T) -> T {
        let mut inner = self.lock();
        let output = f(&mut inner);
        let woken = std::mem::take(&mut inner.woken);
        drop(inner);
        woken.wake();
        output
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
