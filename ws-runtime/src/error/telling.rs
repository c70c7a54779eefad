//! [`LastSendFuture`]: the future of a message that an error handler sends.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::time::{Sleep, sleep};

use super::ErrorContext;
use crate::{SendFuture, SocketError};

/// Sends a last message while it is awaited; returned by [`ErrorContext::send`] and similar methods.
#[must_use = "nothing is sent until it is awaited"]
pub struct LastSendFuture<'a, T> {
    cx: &'a ErrorContext,
    sending: SendFuture<'a, T>,
    /// Started when the peer has no room for the message.
    patience: Option<Pin<Box<Sleep>>>,
}

impl<'a, T> LastSendFuture<'a, T> {
    pub(super) fn new(cx: &'a ErrorContext, sending: SendFuture<'a, T>) -> Self {
        Self { cx, sending, patience: None }
    }
}

impl<T> Future for LastSendFuture<'_, T> {
    type Output = Result<(), SocketError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        this.cx.can_send()?;
        if let Poll::Ready(sent) = Pin::new(&mut this.sending).poll(cx) {
            return Poll::Ready(sent);
        }
        let patience = this.patience.get_or_insert_with(|| Box::pin(sleep(this.cx.patience())));
        patience.as_mut().poll(cx).map(|()| Err(SocketError::Full))
    }
}

impl<T> fmt::Debug for LastSendFuture<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LastSendFuture").finish_non_exhaustive()
    }
}
