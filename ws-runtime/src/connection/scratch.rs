//! The read buffers of a thread, lent to its connections while they have something to read.

use std::{
    cell::RefCell,
    io, mem,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, ReadBuf};

/// How much one system call may read, in bytes. Payloads are often powers of two, and frames a header more: with room for
/// the headers too, what was sent together is read together.
const SCRATCH: usize = 65 * 1024;

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

/// What was read from the transport and not taken yet. An idle connection holds no buffer.
pub(crate) struct Leftover {
    bytes: Vec<u8>,
    /// What is left of `bytes`.
    start: usize,
    end: usize,
}

impl Leftover {
    /// `head` was read before.
    pub(crate) fn new(head: Vec<u8>) -> Self {
        Self { start: 0, end: head.len(), bytes: head }
    }

    /// What is left.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }

    /// What is left, to be changed where it lies.
    pub(super) fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes[self.start..self.end]
    }

    /// Takes so many of the bytes that are left.
    pub(super) fn advance(&mut self, count: usize) {
        self.start += count;
        if self.start >= self.end {
            self.give_back();
            (self.start, self.end) = (0, 0);
        }
    }

    /// Reads more behind what is left, which must be less than a buffer. 0 is the end.
    pub(crate) fn poll_fill<IO: AsyncRead + Unpin>(
        &mut self,
        io: &mut IO,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        let left = self.end - self.start;
        if self.bytes.len() == SCRATCH {
            self.bytes.copy_within(self.start..self.end, 0);
        } else {
            let mut bytes = borrow_buffer();
            bytes[..left].copy_from_slice(self.bytes());
            self.bytes = bytes;
        }
        (self.start, self.end) = (0, left);
        let mut buffer = ReadBuf::new(&mut self.bytes[left..]);
        let read = Pin::new(io).poll_read(cx, &mut buffer).map_ok(|()| buffer.filled().len());
        if let Poll::Ready(Ok(read)) = read {
            self.end += read;
        }
        if self.start == self.end {
            self.advance(0);
        } else if read.is_pending() {
            self.settle();
        }
        read
    }

    /// Gives the buffer back if little is left in it. To be called when it may take a while until the rest is taken.
    pub(super) fn settle(&mut self) {
        let left = self.bytes();
        if self.bytes.len() == SCRATCH && left.len() <= COPIED {
            let rest = left.to_vec();
            self.give_back();
            *self = Self::new(rest);
        }
    }

    fn give_back(&mut self) {
        let bytes = mem::take(&mut self.bytes);
        if bytes.len() == SCRATCH {
            // A thread that ends may have given up its buffers already.
            let _ = BUFFERS.try_with(|buffers| {
                let mut buffers = buffers.borrow_mut();
                if buffers.len() < KEPT_BUFFERS {
                    buffers.push(bytes);
                }
            });
        }
    }
}

impl Drop for Leftover {
    fn drop(&mut self) {
        self.give_back();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads everything that is there, and takes it in pieces.
    fn read_all(source: &[u8], piece: usize) -> Vec<u8> {
        let mut cx = Context::from_waker(std::task::Waker::noop());
        let (mut io, mut leftover, mut all) = (source, Leftover::new(b"head".to_vec()), Vec::new());
        loop {
            while leftover.bytes().len() < piece {
                let Poll::Ready(read) = leftover.poll_fill(&mut io, &mut cx) else { unreachable!() };
                if read.unwrap() == 0 {
                    all.extend_from_slice(leftover.bytes());
                    return all;
                }
            }
            all.extend_from_slice(&leftover.bytes()[..piece]);
            leftover.advance(piece);
            leftover.settle();
        }
    }

    #[test]
    fn nothing_is_lost_whatever_is_taken() {
        let source: Vec<u8> = (0..200_000_u32).map(|number| number.to_le_bytes()[0]).collect();
        for piece in [7, 1024, COPIED, COPIED + 1, SCRATCH - 1] {
            let expected = [b"head", source.as_slice()].concat();
            assert!(read_all(&source, piece) == expected, "in pieces of {piece}");
        }
    }

    #[test]
    fn what_is_little_is_kept_apart_while_it_waits() {
        let mut cx = Context::from_waker(std::task::Waker::noop());
        let mut io = &[1; 100][..];
        let mut leftover = Leftover::new(Vec::new());
        assert!(leftover.poll_fill(&mut io, &mut cx).is_ready());
        leftover.advance(40);
        assert_eq!(BUFFERS.with_borrow(Vec::len), 0);
        leftover.settle();
        assert_eq!(BUFFERS.with_borrow(Vec::len), 1);
        assert_eq!(leftover.bytes(), &[1; 60]);
        assert_eq!(leftover.bytes.capacity(), 60);
    }

    #[test]
    fn a_buffer_is_lent_only_while_there_is_something_in_it() {
        read_all(&[1; 100], 10);
        assert_eq!(BUFFERS.with_borrow(Vec::len), 1);
    }
}
