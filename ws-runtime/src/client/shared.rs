//! [`Shared`]: what the task of a client and its handles share.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use super::Ended;
use crate::{
    Close, Message,
    connection::{ReadAhead, Woken},
};

/// Why a client is to stop.
#[derive(Debug, Clone)]
pub(super) enum Stop {
    /// What is queued goes out first.
    Close(Close),
    /// Nobody is there any more.
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

/// What was received, and what was asked for.
#[derive(Default)]
pub(super) struct Shared(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    received: ReadAhead<Message>,
    receiver: Option<Waker>,
    task: Option<Waker>,
    /// The task wants to know when the user waits for a message.
    wake_when_awaited: bool,
    /// Those who are to be woken, once the lock is given back.
    woken: Woken,
    stop: Option<Stop>,
    ended: Option<Ended>,
    protocol: Option<String>,
}

impl Shared {
    /// For the client.
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

    /// For the client. The first request stands, but for a client that is dropped.
    pub(super) fn stop(&self, stop: Stop) {
        self.with(|inner| {
            if inner.stop.is_none() || matches!(stop, Stop::Dropped) {
                inner.stop = Some(stop);
            }
            inner.woken.driver = inner.task.take();
        });
    }

    /// How it ended, or is about to.
    pub(super) fn ended(&self) -> Ended {
        let inner = self.lock();
        let stop = || inner.stop.clone().map(|stop| Ended::Local(stop.close()));
        inner.ended.clone().or_else(stop).unwrap_or(Ended::Lost)
    }

    pub(super) fn protocol(&self) -> Option<String> {
        self.lock().protocol.clone()
    }

    /// For the task: whether it is to stop. Wakes it when that changes, and when there is room again.
    pub(super) fn poll_stop(&self, cx: &mut Context<'_>) -> Poll<Stop> {
        let mut inner = self.lock();
        if !inner.task.as_ref().is_some_and(|known| known.will_wake(cx.waker())) {
            inner.task = Some(cx.waker().clone());
        }
        inner.stop.clone().map_or(Poll::Pending, Poll::Ready)
    }

    /// For the task.
    pub(super) fn stop_requested(&self) -> bool {
        self.lock().stop.is_some()
    }

    /// For the task: whether the user has received everything, and waits for more.
    pub(super) fn is_awaited(&self) -> bool {
        let inner = self.lock();
        inner.received.is_empty() && inner.receiver.is_some()
    }

    /// For the task.
    pub(super) fn wake_when_awaited(&self) {
        self.lock().wake_when_awaited = true;
    }

    /// For the task.
    pub(super) fn is_full(&self) -> bool {
        self.lock().received.is_full()
    }

    /// For the task.
    pub(super) fn push(&self, message: Message) {
        self.with(|inner| {
            inner.received.push(message);
            inner.woken.receiver = inner.receiver.take();
        });
    }

    /// For the task.
    pub(super) fn set_protocol(&self, protocol: Option<String>) {
        self.lock().protocol = protocol;
    }

    /// For the task: the last thing it does. The first end stands.
    pub(super) fn end(&self, ended: Ended) {
        self.with(|inner| {
            inner.ended.get_or_insert(ended);
            inner.woken.receiver = inner.receiver.take();
        });
    }

    /// Does something with the state, and wakes those who are to be woken for it.
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
