//! [`ReadBuffer`]: data that was read from the transport and not taken yet, in a buffer that the thread lends.
//!
//! A connection holds a buffer only while there is data in it. Large payloads leave it as slices, without a copy. The
//! memory is reused once the last slice is dropped.

use std::{cell::RefCell, collections::VecDeque, mem};

use bytes::{Buf as _, Bytes, BytesMut};

/// The size of a buffer, in bytes. Payloads are often powers of two, and frames are larger by their headers. With
/// room for the headers, data that was sent together is read together.
const SIZE: usize = 65 * 1024;

/// How many buffers a thread keeps when no connection needs them.
const KEPT_BUFFERS: usize = 8;

/// The least room, in bytes, for the next read. With less room, the content of the buffer moves to another one.
const LEAST_ROOM: usize = 16 * 1024;

/// For a message that is larger than a buffer, this many times the size of the data that has arrived is allocated.
/// The announced data may never arrive, and on most systems memory that was allocated but not written takes no space.
const AHEAD: usize = 16;

/// If at most this many bytes wait in a lent buffer, they move to memory of their own.
const LITTLE: usize = 4 * 1024;

thread_local! {
    /// The buffers of the thread. Slices of some of them may still be in use.
    static BUFFERS: RefCell<VecDeque<BytesMut>> = const { RefCell::new(VecDeque::new()) };
}

/// Returns an empty buffer.
fn borrow() -> BytesMut {
    // A thread that is ending may already have dropped its buffers.
    let kept = BUFFERS.try_with(|buffers| {
        let mut buffers = buffers.borrow_mut();
        // The buffer that was used last is still in the processor's cache.
        let free = buffers.iter_mut().rposition(|buffer| buffer.try_reclaim(SIZE))?;
        buffers.remove(free)
    });
    kept.ok().flatten().unwrap_or_else(|| BytesMut::with_capacity(SIZE))
}

fn give_back(mut buffer: BytesMut) {
    buffer.clear();
    let _ = BUFFERS.try_with(|buffers| {
        let mut buffers = buffers.borrow_mut();
        if buffers.len() == KEPT_BUFFERS {
            buffers.pop_front();
        }
        buffers.push_back(buffer);
    });
}

#[derive(Default)]
pub(crate) struct ReadBuffer {
    bytes: BytesMut,
    /// Whether `bytes` is one of the thread's buffers.
    lent: bool,
}

impl ReadBuffer {
    /// Creates a buffer. `head` is what has already arrived.
    pub(super) fn new(head: Vec<u8>) -> Self {
        Self { bytes: Bytes::from(head).into(), lent: false }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    /// Discards so many bytes, which are no longer needed.
    pub(super) fn advance(&mut self, count: usize) {
        if count < self.bytes.len() {
            self.bytes.advance(count);
        } else {
            self.release();
        }
    }

    /// Takes so many bytes without copying them.
    pub(super) fn split_to(&mut self, count: usize) -> Bytes {
        let taken = self.bytes.split_to(count).freeze();
        if self.bytes.is_empty() {
            self.release();
        } else if !self.lent {
            // The rest would keep all the memory of a large message alive.
            self.bytes = BytesMut::from(&*self.bytes);
        }
        taken
    }

    /// Returns the room for the next read. `wanted` is how many bytes of the payload at the start of the buffer are
    /// still to come. That payload has to be contiguous.
    pub(crate) fn room(&mut self, wanted: usize) -> &mut BytesMut {
        let here = self.bytes.len();
        let room = self.bytes.capacity() - here;
        if here + wanted > SIZE {
            let more = wanted.min(AHEAD * here.max(SIZE));
            if room < more.min(LEAST_ROOM) {
                self.bytes.reserve(more);
                self.lent = false;
            }
        } else if !self.lent || room < LEAST_ROOM.min(SIZE - here) {
            let mut bytes = borrow();
            bytes.extend_from_slice(&self.bytes);
            self.release();
            *self = Self { bytes, lent: true };
        }
        &mut self.bytes
    }

    /// Gives the buffer back if there is little data in it. This is called when it may take a while until the rest is
    /// taken.
    pub(super) fn settle(&mut self) {
        if self.bytes.is_empty() {
            self.release();
        } else if self.lent && self.bytes.len() <= LITTLE {
            let bytes = BytesMut::from(&*self.bytes);
            self.release();
            self.bytes = bytes;
        }
    }

    fn release(&mut self) {
        let bytes = mem::take(&mut self.bytes);
        if mem::take(&mut self.lent) {
            give_back(bytes);
        }
    }
}

impl Drop for ReadBuffer {
    fn drop(&mut self) {
        self.release();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept() -> usize {
        BUFFERS.with_borrow(VecDeque::len)
    }

    /// Does what a read from the transport does.
    fn fill(buffer: &mut ReadBuffer, wanted: usize, source: &mut &[u8]) {
        let room = buffer.room(wanted);
        let count = source.len().min(room.capacity() - room.len());
        room.extend_from_slice(&source[..count]);
        *source = &source[count..];
    }

    #[test]
    fn nothing_is_lost_whatever_is_taken() {
        let source: Vec<u8> = (0..300_000_u32).map(|number| number.to_le_bytes()[0]).collect();
        for piece in [7, 1024, LITTLE, LITTLE + 1, SIZE - 1, SIZE + 1, 200_000] {
            for split in [false, true] {
                let (mut rest, mut all) = (&source[..], Vec::new());
                let mut buffer = ReadBuffer::new(b"head".to_vec());
                let mut held = Vec::new();
                while !(rest.is_empty() && buffer.bytes().is_empty()) {
                    while buffer.bytes().len() < piece && !rest.is_empty() {
                        let wanted = piece - buffer.bytes().len();
                        fill(&mut buffer, wanted, &mut rest);
                    }
                    let here = piece.min(buffer.bytes().len());
                    if split {
                        held.push(buffer.split_to(here));
                    } else {
                        all.extend_from_slice(&buffer.bytes()[..here]);
                        buffer.advance(here);
                    }
                    buffer.settle();
                }
                all.extend(held.concat());
                assert!(all == [b"head", source.as_slice()].concat(), "in pieces of {piece}");
            }
        }
    }

    #[test]
    fn little_is_kept_apart_while_it_waits() {
        let mut buffer = ReadBuffer::new(Vec::new());
        fill(&mut buffer, 1, &mut &[1; 100][..]);
        buffer.advance(40);
        assert_eq!(kept(), 0);
        buffer.settle();
        assert_eq!(kept(), 1);
        assert_eq!((buffer.bytes(), buffer.bytes.capacity()), (&[1; 60][..], 60));
    }

    #[test]
    fn a_buffer_is_read_into_again_once_its_slices_are_dropped() {
        let mut buffer = ReadBuffer::new(Vec::new());
        fill(&mut buffer, 1, &mut &[1; 100][..]);
        let first = buffer.bytes().as_ptr();
        let slices = [buffer.split_to(50), buffer.split_to(50)];
        assert_eq!(kept(), 1);
        // Another buffer is used as long as a slice of the first one exists.
        fill(&mut buffer, 1, &mut &[1; 100][..]);
        assert_ne!(buffer.bytes().as_ptr(), first);
        drop(slices);
        buffer.advance(100);
        let mut another = ReadBuffer::new(Vec::new());
        let mut one_more = ReadBuffer::new(Vec::new());
        fill(&mut another, 1, &mut &[1; 100][..]);
        fill(&mut one_more, 1, &mut &[1; 100][..]);
        assert_eq!(one_more.bytes().as_ptr(), first);
    }

    #[test]
    fn the_memory_for_a_large_message_follows_what_came() {
        let mut buffer = ReadBuffer::new(Vec::new());
        let total = 100 * SIZE;
        let mut here = 0;
        while here < total {
            let room = buffer.room(total - here);
            assert!(room.capacity() <= (AHEAD + 2) * here.max(SIZE), "{} for {here}", room.capacity());
            room.extend_from_slice(&[1; 1000]);
            here += 1000;
        }
    }
}
