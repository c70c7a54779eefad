//! [`Shared`]: what the task of a client and its handles share.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use super::Ended;
use crate::{Close, Message, connection::ReadAhead};

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
    stop: Option<Stop>,
    ended: Option<Ended>,
    protocol: Option<String>,
}

impl Shared {
    /// For the client.
    pub(super) fn poll_recv(&self, cx: &mut Context<'_>) -> Poll<Result<Message, Ended>> {
        let mut inner = self.lock();
        let was_full = inner.received.is_full();
        if let Some(message) = inner.received.pop() {
            if let Some(task) = inner.task.as_ref().filter(|_| was_full) {
                task.wake_by_ref();
            }
            return Poll::Ready(Ok(message));
        }
        if let Some(ended) = &inner.ended {
            return Poll::Ready(Err(ended.clone()));
        }
        inner.receiver = Some(cx.waker().clone());
        if let Some(task) = inner.task.as_ref().filter(|_| inner.wake_when_awaited) {
            task.wake_by_ref();
        }
        Poll::Pending
    }

    /// For the client. The first request stands, but for a client that is dropped.
    pub(super) fn stop(&self, stop: Stop) {
        let mut inner = self.lock();
        if inner.stop.is_none() || matches!(stop, Stop::Dropped) {
            inner.stop = Some(stop);
        }
        if let Some(task) = inner.task.take() {
            task.wake();
        }
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
        let mut inner = self.lock();
        inner.received.push(message);
        inner.wake_receiver();
    }

    /// For the task.
    pub(super) fn set_protocol(&self, protocol: Option<String>) {
        self.lock().protocol = protocol;
    }

    /// For the task: the last thing it does. The first end stands.
    pub(super) fn end(&self, ended: Ended) {
        let mut inner = self.lock();
        inner.ended.get_or_insert(ended);
        inner.wake_receiver();
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn wake_receiver(&mut self) {
        if let Some(receiver) = self.receiver.take() {
            receiver.wake();
        }
    }
}
