//! [`Socket`]: the transport of a connection, and the data on its way out.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::write::{Outbox, Progress, Writer};

/// A transport, until it is released.
pub(super) struct Socket<IO> {
    io: Option<IO>,
    writer: Writer,
    shutdown: Shutdown,
}

/// What the transport still has to send before it is dropped.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shutdown {
    /// Nothing has to be sent: the peer of a TCP connection sees that it is closed.
    Needless,
    /// The transport has to send a message of its own (TLS).
    Due,
    /// The writing side is shut down.
    Done,
}

impl<IO: AsyncRead + AsyncWrite + Unpin> Socket<IO> {
    /// Wraps a transport. `bare` is `true` if nothing has to be sent before the transport is dropped.
    pub(super) fn new(io: IO, bare: bool) -> Self {
        Self {
            io: Some(io),
            writer: Writer::default(),
            shutdown: if bare { Shutdown::Needless } else { Shutdown::Due },
        }
    }

    pub(super) fn io(&mut self) -> Option<&mut IO> {
        self.io.as_mut()
    }

    /// Takes the record of what the transport took since the last call.
    pub(super) fn take_progress(&mut self) -> Progress {
        self.writer.take_progress()
    }

    /// Returns `true` if the transport took nothing at the last attempt.
    pub(super) fn is_blocked(&self) -> bool {
        self.writer.is_blocked()
    }

    /// Writes everything that was sent, then flushes. Ready when nothing is left. Handles that send in the meantime
    /// wake the driver.
    pub(super) fn poll_write(&mut self, outbox: &Outbox, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Some(io) = &mut self.io else { return Poll::Ready(Err(io::ErrorKind::NotConnected.into())) };
        let written = self.writer.poll_write(io, || outbox.take(), cx);
        if written.is_pending() {
            outbox.settle(self.writer.len());
        }
        written
    }

    /// Sends what has to be sent before the transport is dropped.
    pub(super) fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.shutdown == Shutdown::Needless { Poll::Ready(()) } else { self.poll_shutdown(cx) }
    }

    /// Shuts the writing side down. An error makes no difference at this point.
    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(io) = self.io.as_mut().filter(|_| self.shutdown != Shutdown::Done) {
            let _ = ready!(Pin::new(io).poll_shutdown(cx));
            self.shutdown = Shutdown::Done;
        }
        Poll::Ready(())
    }

    /// Shuts the writing side down, and reads until the peer ends its side too.
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

    /// Drops the transport, and frees the memory of the writer.
    pub(super) fn release(&mut self) {
        self.io = None;
        self.writer = Writer::default();
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
        assert_eq!((socket.writer.len(), socket.is_blocked()), (22, true));
        let written = Progress { written: 80, resumed: false };
        assert_eq!(socket.take_progress(), written);

        assert!(Pin::new(&mut peer).poll_read(&mut cx, &mut ReadBuf::new(&mut [0; 80])).is_ready());
        assert!(socket.poll_write(&outbox, &mut cx).is_ready());
        assert_eq!(socket.writer.capacity(), 0);
        assert_eq!(socket.take_progress(), Progress { written: 22, resumed: true });
    }
}
