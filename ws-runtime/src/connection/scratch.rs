//! The read buffers of a thread, lent to its connections while they have something to read.

use std::{
    cell::RefCell,
    io,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, ReadBuf};

/// How much one system call may read, in bytes.
const SCRATCH: usize = 64 * 1024;

/// How many buffers a thread keeps when nobody needs them.
const KEPT_BUFFERS: usize = 4;

/// What is left of a buffer that is worth copying, so that the buffer can be given back, in bytes.
const COPIED: usize = 4 * 1024;

thread_local! {
    static BUFFERS: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

fn borrow_buffer() -> Vec<u8> {
    BUFFERS.with_borrow_mut(Vec::pop).unwrap_or_else(|| vec![0; SCRATCH])
}

fn give_back(buffer: Vec<u8>) {
    BUFFERS.with_borrow_mut(|buffers| {
        if buffers.len() < KEPT_BUFFERS {
            buffers.push(buffer);
        }
    });
}

/// What was read from the transport and not asked for yet. An idle connection holds no buffer.
pub(super) struct Leftover {
    bytes: Vec<u8>,
    /// What is left of `bytes`.
    start: usize,
    end: usize,
}

impl Leftover {
    /// `head` was read before.
    pub(super) fn new(head: Vec<u8>) -> Self {
        Self { start: 0, end: head.len(), bytes: head }
    }

    /// Fills `target` from what is left, else from the transport. 0 is the end.
    pub(super) fn read<IO: AsyncRead + Unpin>(
        &mut self,
        io: &mut IO,
        cx: &mut Context<'_>,
        target: &mut [u8],
    ) -> io::Result<usize> {
        if self.start == self.end {
            self.fill(io, cx)?;
        }
        let left = &self.bytes[self.start..self.end];
        let count = left.len().min(target.len());
        target[..count].copy_from_slice(&left[..count]);
        self.start += count;
        if self.start == self.end {
            self.end();
        } else if self.bytes.len() == SCRATCH && self.end - self.start <= COPIED {
            let rest = self.bytes[self.start..self.end].to_vec();
            self.end();
            *self = Self::new(rest);
        }
        Ok(count)
    }

    fn fill<IO: AsyncRead + Unpin>(&mut self, io: &mut IO, cx: &mut Context<'_>) -> io::Result<()> {
        let mut bytes = borrow_buffer();
        let mut buffer = ReadBuf::new(&mut bytes);
        let read = match Pin::new(io).poll_read(cx, &mut buffer) {
            Poll::Ready(read) => read.map(|()| buffer.filled().len()),
            Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
        };
        match read {
            Ok(read) if read > 0 => {
                *self = Self { bytes, start: 0, end: read };
                Ok(())
            }
            Ok(_) => {
                give_back(bytes);
                Ok(())
            }
            Err(error) => {
                give_back(bytes);
                Err(error)
            }
        }
    }

    /// Nothing is left.
    fn end(&mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        if bytes.len() == SCRATCH {
            give_back(bytes);
        }
        (self.start, self.end) = (0, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads everything that is there, in pieces.
    fn read_all(source: &[u8], piece: usize) -> Vec<u8> {
        let mut cx = Context::from_waker(std::task::Waker::noop());
        let (mut io, mut leftover, mut all) = (source, Leftover::new(b"head".to_vec()), Vec::new());
        loop {
            let mut target = vec![0; piece];
            match leftover.read(&mut io, &mut cx, &mut target).unwrap() {
                0 => return all,
                read => all.extend_from_slice(&target[..read]),
            }
        }
    }

    #[test]
    fn nothing_is_lost_whatever_is_asked_for() {
        let source: Vec<u8> = (0..200_000_u32).map(|number| number.to_le_bytes()[0]).collect();
        for piece in [7, 1024, COPIED, COPIED + 1, SCRATCH, 1_000_000] {
            let expected = [b"head", source.as_slice()].concat();
            assert!(read_all(&source, piece) == expected, "in pieces of {piece}");
        }
    }

    #[test]
    fn a_buffer_is_lent_only_while_there_is_something_in_it() {
        read_all(&[1; 100], 10);
        assert_eq!(BUFFERS.with_borrow(Vec::len), 1);
    }
}
