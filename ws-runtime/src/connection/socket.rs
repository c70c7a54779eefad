//! [`Socket`]: the transport of a connection, and what is on its way out.

use std::{
    io, mem,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{Outbox, write_buffers};

/// A transport until it is given back.
pub(super) struct Socket<IO> {
    io: Option<IO>,
    /// Taken from the outbox, and written up to `written`.
    writing: Vec<u8>,
    written: usize,
    /// What was written is not flushed yet.
    flushing: bool,
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
                write_buffers::give_back(mem::take(&mut self.writing));
                self.written = 0;
                if taken {
                    // Whoever has sent since then has woken the driver.
                    break;
                }
                self.writing = outbox.take();
                taken = true;
                if self.writing.is_empty() {
                    return self.poll_flush(cx);
                }
            }
            match Pin::new(&mut *io).poll_write(cx, &self.writing[self.written..])? {
                Poll::Ready(0) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(written) => self.written += written,
                Poll::Pending => {
                    write_buffers::settle(&mut self.writing, &mut self.written);
                    outbox.settle();
                    return Poll::Pending;
                }
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::connection::limits::Limits;

    #[test]
    fn a_buffer_is_held_only_while_there_is_something_in_it() {
        let mut cx = Context::from_waker(std::task::Waker::noop());
        let outbox = Outbox::new(Arc::new(Limits::default()));
        let (io, mut peer) = tokio::io::duplex(80);
        let mut socket = Socket::new(io, true);
        assert!(outbox.try_push(&"x".repeat(100).as_str().into()).is_ok());
        assert!(socket.poll_write(&outbox, &mut cx).is_pending());
        assert_eq!((socket.writing.len(), socket.written), (102, 80));
        assert_eq!(write_buffers::borrow().capacity(), 0);

        assert!(Pin::new(&mut peer).poll_read(&mut cx, &mut ReadBuf::new(&mut [0; 80])).is_ready());
        assert!(socket.poll_write(&outbox, &mut cx).is_ready());
        assert_eq!((socket.writing.capacity(), socket.written), (0, 0));
        assert!(write_buffers::borrow().capacity() >= 102);
    }

    #[test]
    fn what_is_little_waits_for_a_slow_peer_in_little_memory() {
        let mut cx = Context::from_waker(std::task::Waker::noop());
        let outbox = Outbox::new(Arc::new(Limits::default()));
        let (io, _peer) = tokio::io::duplex(80);
        let mut socket = Socket::new(io, true);
        // The first is being written, the second waits behind it.
        for _ in 0..2 {
            write_buffers::give_back(Vec::with_capacity(100_000));
            assert!(outbox.try_push(&"x".repeat(100).as_str().into()).is_ok());
            assert!(socket.poll_write(&outbox, &mut cx).is_pending());
            assert_eq!(write_buffers::borrow().capacity(), 100_000);
            assert_eq!((socket.writing.capacity(), socket.written), (22, 0));
        }
    }
}
