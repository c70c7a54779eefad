//! [`Patient`]: a transport with a limit on how long its peer may take no data.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Sleep, sleep},
};

/// A transport that fails when its peer takes no byte of an answer for the time that [`Answering`] sets.
pub(super) struct Patient<IO> {
    io: IO,
    /// The time since which the peer has taken nothing. It is boxed, as few transports ever need it.
    stalled: Option<Pin<Box<Sleep>>>,
    answering: Answering,
}

/// How long a peer may take no byte of an answer, or `None` once the transport carries no more answers. Data after
/// them has deadlines of its own.
#[derive(Clone)]
pub(super) struct Answering(Arc<Mutex<Option<Duration>>>);

impl Answering {
    pub(super) fn new(patience: Duration) -> Self {
        Self(Arc::new(Mutex::new(Some(patience))))
    }

    /// Sets how long the peer may take no byte of the answers from now on.
    pub(super) fn set(&self, patience: Duration) {
        *self.lock() = Some(patience);
    }

    pub(super) fn end(&self) {
        *self.lock() = None;
    }

    fn lock(&self) -> MutexGuard<'_, Option<Duration>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<IO> Patient<IO> {
    pub(super) fn new(io: IO, answering: Answering) -> Self {
        Self { io, stalled: None, answering }
    }

    pub(super) fn into_inner(self) -> IO {
        self.io
    }

    fn in_time<T>(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        let patience = if written.is_pending() { *self.answering.lock() } else { None };
        let Some(patience) = patience else {
            self.stalled = None;
            return written;
        };
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(patience)));
        ready!(stalled.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<IO: AsyncRead + Unpin> AsyncRead for Patient<IO> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buffer)
    }
}

impl<IO: AsyncWrite + Unpin> AsyncWrite for Patient<IO> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write(cx, bytes);
        self.in_time(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write_vectored(cx, bytes);
        self.in_time(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.io).poll_flush(cx);
        self.in_time(cx, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut_down = Pin::new(&mut self.io).poll_shutdown(cx);
        self.in_time(cx, shut_down)
    }
}
