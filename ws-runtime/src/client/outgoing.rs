//! [`Outgoing`]: frames on their way to the transport.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::io::AsyncWrite;

/// How much is encoded ahead of the transport, in bytes.
pub(super) const AHEAD: usize = 64 * 1024;

/// Frames, of which the transport has taken those up to `written`, and `taken` bytes before them.
#[derive(Default)]
pub(super) struct Outgoing {
    bytes: Vec<u8>,
    written: usize,
    taken: u64,
    unflushed: bool,
}

impl Outgoing {
    /// Where frames are added.
    pub(super) fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// Where the last frame ends among the bytes of the connection.
    pub(super) fn end(&self) -> u64 {
        self.taken + self.bytes.len() as u64
    }

    /// Whether the server does not take what it is sent.
    pub(super) fn is_ahead(&self) -> bool {
        self.bytes.len() - self.written >= AHEAD
    }

    /// Writes what there is, and flushes it. `flushed` is told how many bytes of the connection the transport has taken for
    /// good, and whether that is all.
    pub(super) fn poll_write<IO: AsyncWrite + Unpin>(
        &mut self,
        io: &mut IO,
        cx: &mut Context<'_>,
        flushed: impl FnOnce(u64, bool),
    ) -> Poll<io::Result<()>> {
        let written = self.poll_write_bytes(io, cx);
        self.forget_written();
        if self.unflushed {
            // Of a transport that buffers (TLS, say), what is flushed is taken; even if it breaks behind that.
            match Pin::new(io).poll_flush(cx) {
                Poll::Ready(Ok(())) => {
                    self.unflushed = false;
                    flushed(self.taken + self.written as u64, written.is_ready());
                }
                _ if matches!(written, Poll::Ready(Err(_))) => {}
                unflushed => return unflushed,
            }
        }
        written
    }

    fn poll_write_bytes<IO: AsyncWrite + Unpin>(
        &mut self,
        io: &mut IO,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        while self.written < self.bytes.len() {
            match std::task::ready!(Pin::new(&mut *io).poll_write(cx, &self.bytes[self.written..]))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written => {
                    self.written += written;
                    self.unflushed = true;
                }
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Gives back the room of what is written. To keep up with a transport that is never done, that is not all of it; and
    /// not so often that moving what is left would cost more than writing it.
    fn forget_written(&mut self) {
        let left = self.bytes.len() - self.written;
        if left > 0 && self.written < left.max(AHEAD) {
            return;
        }
        self.bytes.drain(..self.written);
        self.taken += self.written as u64;
        self.written = 0;
        // A burst leaves nothing behind.
        self.bytes.shrink_to(AHEAD);
    }
}
