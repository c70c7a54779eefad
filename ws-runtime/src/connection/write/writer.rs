//! [`Writer`]: writes frames to a transport, for the server and the client.

use std::{
    io, mem,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::io::AsyncWrite;

use crate::protocol::Outgoing;

/// How much is written in a row before other tasks get a turn, in bytes. A burst to a room may be much larger.
const TURN: usize = 512 * 1024;

/// The data that is being written, and what the transport did with it.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    writing: Outgoing,
    /// Whether written data has not been flushed yet.
    unflushed: bool,
    /// Whether the transport took nothing at the last attempt.
    blocked: bool,
    progress: Progress,
}

/// What the transport took since the last call of `take_progress`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    /// How much it took, in bytes.
    pub(crate) written: u64,
    /// Whether it took something after it had taken nothing, which means that the peer has made room.
    pub(crate) resumed: bool,
}

impl Writer {
    /// Writes what is left, then what `take` returns, and flushes it. Ready once nothing is left of that. A transport
    /// that buffers, such as TLS, has to be told to flush even if it breaks later.
    pub(crate) fn poll_write<IO: AsyncWrite + Unpin>(
        &mut self,
        io: &mut IO,
        take: impl FnOnce() -> Outgoing,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        let written = self.poll_write_all(io, take, cx);
        if self.unflushed {
            match Pin::new(io).poll_flush(cx) {
                Poll::Ready(Ok(())) => self.unflushed = false,
                _ if matches!(written, Poll::Ready(Err(_))) => {}
                unflushed => return unflushed,
            }
        }
        written
    }

    fn poll_write_all<IO: AsyncWrite + Unpin>(
        &mut self,
        io: &mut IO,
        take: impl FnOnce() -> Outgoing,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        let (mut take, mut written) = (Some(take), 0);
        loop {
            if self.writing.is_empty() {
                self.writing.release();
                let Some(take) = take.take() else { return Poll::Ready(Ok(())) };
                self.writing = take();
                if self.writing.is_empty() {
                    return Poll::Ready(Ok(()));
                }
            }
            if written >= TURN {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            match poll_write(io, &mut self.writing, cx)? {
                Poll::Ready(count) => {
                    written += count;
                    self.unflushed = true;
                    self.progress.written += count as u64;
                    self.progress.resumed |= mem::take(&mut self.blocked);
                }
                Poll::Pending => {
                    self.blocked = true;
                    self.writing.settle();
                    return Poll::Pending;
                }
            }
        }
    }

    /// Takes the record of what the transport took since the last call.
    pub(crate) fn take_progress(&mut self) -> Progress {
        mem::take(&mut self.progress)
    }

    /// Returns `true` if the transport took nothing at the last attempt.
    pub(crate) fn is_blocked(&self) -> bool {
        self.blocked
    }

    /// Returns `true` if everything that was written has been flushed.
    #[cfg(feature = "client")]
    pub(crate) fn is_flushed(&self) -> bool {
        !self.unflushed
    }

    /// Returns how much is left to write, in bytes.
    pub(crate) fn len(&self) -> usize {
        self.writing.len()
    }

    #[cfg(test)]
    pub(crate) fn capacity(&self) -> usize {
        self.writing.capacity()
    }
}

/// Writes a part of the data, and records it as written. Returns the number of bytes.
fn poll_write<IO: AsyncWrite + Unpin>(
    io: &mut IO,
    outgoing: &mut Outgoing,
    cx: &mut Context<'_>,
) -> Poll<io::Result<usize>> {
    let written = if outgoing.is_scattered() && io.is_write_vectored() {
        let mut slices = Outgoing::no_slices();
        let count = outgoing.slices(&mut slices);
        Pin::new(io).poll_write_vectored(cx, &slices[..count])
    } else {
        Pin::new(io).poll_write(cx, outgoing.first())
    };
    written.map(|written| match written? {
        0 => Err(io::ErrorKind::WriteZero.into()),
        written => {
            outgoing.advance(written);
            Ok(written)
        }
    })
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;
    use crate::{
        Message,
        protocol::{Opcode, Payload, Role, Wire},
    };

    #[test]
    fn a_long_write_lets_others_have_their_turn() {
        let message = Message::from(vec![7; 64 * 1024]);
        let Message::Binary(payload) = &message else { unreachable!("bytes") };
        let mut wire = Wire::new(Role::Server);
        for _ in 0..32 {
            wire.data(Opcode::Binary, Payload::Binary(payload), false);
        }
        let mut cx = Context::from_waker(Waker::noop());
        let (mut writer, mut sink) = (Writer::default(), tokio::io::sink());
        let mut turns = 0;
        while writer.poll_write(&mut sink, || wire.take(), &mut cx).is_pending() {
            assert!(!writer.is_blocked(), "the peer takes all of it");
            turns += 1;
            assert!(turns < 100, "it makes no progress");
        }
        assert!((1..=4).contains(&turns), "{turns}");
        assert_eq!(writer.take_progress().written, 32 * (64 * 1024 + 10));
    }
}
