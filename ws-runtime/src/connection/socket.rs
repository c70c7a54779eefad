//! [`Socket`]: the transport of a connection, and what is on its way out.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::Outbox;

/// A transport until it is given back.
pub(super) struct Socket<IO> {
    io: Option<IO>,
    /// Taken from the outbox, and written up to `written`.
    writing: Vec<u8>,
    written: usize,
    /// What was written is not flushed yet.
    flushing: bool,
    /// Something was written since this was last asked.
    busy: bool,
    farewell: Farewell,
}

/// What the transport has to say before it is dropped.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Farewell {
    /// Nothing: the peer of a TCP connection sees that it is closed.
    Needless,
    /// A message of its own (TLS).
    Due,
    /// It is said that nothing more will be written.
    Said,
}

impl<IO: AsyncRead + AsyncWrite + Unpin> Socket<IO> {
    /// `bare`: there is nothing to say before the transport is dropped.
    pub(super) fn new(io: IO, bare: bool) -> Self {
        Self {
            io: Some(io),
            writing: Vec::new(),
            written: 0,
            flushing: false,
            busy: false,
            farewell: if bare { Farewell::Needless } else { Farewell::Due },
        }
    }

    pub(super) fn io(&mut self) -> Option<&mut IO> {
        self.io.as_mut()
    }

    /// Writes everything that was sent, then flushes; ready when nothing is left.
    pub(super) fn poll_write(&mut self, outbox: &Outbox, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Some(io) = &mut self.io else { return Poll::Ready(Err(io::ErrorKind::NotConnected.into())) };
        let mut taken = false;
        loop {
            if self.written == self.writing.len() {
                self.writing.clear();
                self.written = 0;
                if taken {
                    // Whoever has sent since then has woken the driver.
                    break;
                }
                outbox.take(&mut self.writing);
                taken = true;
                if self.writing.is_empty() {
                    return self.poll_flush(cx);
                }
                self.busy = true;
            }
            match ready!(Pin::new(&mut *io).poll_write(cx, &self.writing[self.written..]))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written => self.written += written,
            }
        }
        self.flushing = true;
        self.poll_flush(cx)
    }

    /// Transports that buffer (TLS, say) have to be told.
    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Some(io) = self.io.as_mut().filter(|_| self.flushing) {
            ready!(Pin::new(io).poll_flush(cx))?;
            self.flushing = false;
        }
        Poll::Ready(Ok(()))
    }

    pub(super) fn capacity(&self) -> usize {
        self.writing.capacity()
    }

    /// Whether anything was written since this was last asked.
    pub(super) fn take_busy(&mut self) -> bool {
        std::mem::take(&mut self.busy)
    }

    /// Gives the memory back, if nothing is on its way.
    pub(super) fn shrink(&mut self) {
        if self.written == self.writing.len() {
            self.writing = Vec::new();
            self.written = 0;
        }
    }

    /// Says what has to be said before the transport is dropped.
    pub(super) fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.farewell == Farewell::Needless { Poll::Ready(()) } else { self.poll_shutdown(cx) }
    }

    /// Says that nothing more will be written. Whether that works makes no difference any more.
    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(io) = self.io.as_mut().filter(|_| self.farewell != Farewell::Said) {
            let _ = ready!(Pin::new(io).poll_shutdown(cx));
            self.farewell = Farewell::Said;
        }
        Poll::Ready(())
    }

    /// Ends the writing, and reads until the peer ends too.
    pub(super) fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        ready!(self.poll_shutdown(cx));
        let Some(io) = &mut self.io else { return Poll::Ready(()) };
        let mut scratch = [0; 1024];
        loop {
            let mut buffer = ReadBuf::new(&mut scratch);
            match ready!(Pin::new(&mut *io).poll_read(cx, &mut buffer)) {
                Ok(()) if !buffer.filled().is_empty() => {}
                _ => return Poll::Ready(()),
            }
        }
    }

    /// Gives the transport back, and the memory with it.
    pub(super) fn release(&mut self) {
        self.io = None;
        self.writing = Vec::new();
        self.written = 0;
    }
}
