//! One read buffer for all connections of a thread, so that an idle connection holds none.

use std::{
    cell::RefCell,
    io, mem,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, ReadBuf};

/// How much one system call may read, in bytes.
const SCRATCH: usize = 64 * 1024;

thread_local! {
    static BUFFER: RefCell<Box<[u8]>> = RefCell::new(vec![0; SCRATCH].into_boxed_slice());
}

/// What was read from the transport and not asked for yet.
#[derive(Default)]
pub(super) struct Leftover {
    bytes: Vec<u8>,
    start: usize,
}

impl Leftover {
    /// `head` was read before.
    pub(super) fn new(head: Vec<u8>) -> Self {
        Self { bytes: head, start: 0 }
    }

    /// Fills `target` from what is left, else from the transport. 0 is the end.
    pub(super) fn read<IO: AsyncRead + Unpin>(
        &mut self,
        io: &mut IO,
        cx: &mut Context<'_>,
        target: &mut [u8],
    ) -> io::Result<usize> {
        if self.start < self.bytes.len() {
            return Ok(self.take(target));
        }
        BUFFER.with_borrow_mut(|buffer| {
            let mut buffer = ReadBuf::new(buffer);
            match Pin::new(io).poll_read(cx, &mut buffer) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(error)) => return Err(error),
                Poll::Pending => return Err(io::ErrorKind::WouldBlock.into()),
            }
            let read = buffer.filled();
            let (now, later) = read.split_at(read.len().min(target.len()));
            target[..now.len()].copy_from_slice(now);
            self.bytes.extend_from_slice(later);
            Ok(now.len())
        })
    }

    fn take(&mut self, target: &mut [u8]) -> usize {
        let left = &self.bytes[self.start..];
        let count = left.len().min(target.len());
        target[..count].copy_from_slice(&left[..count]);
        self.start += count;
        if self.start == self.bytes.len() {
            self.start = 0;
            self.bytes.clear();
        }
        count
    }

    /// Gives the memory back, if nothing is left.
    pub(super) fn release(&mut self) {
        if self.bytes.is_empty() && self.bytes.capacity() > 0 {
            mem::take(&mut self.bytes);
        }
    }
}
