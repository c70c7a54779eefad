//! [`Outgoing`]: frames that are being written.

use std::{io::IoSlice, mem};

use bytes::Bytes;

use super::write_buffers;

/// Frames that are being written.
#[derive(Debug, Default)]
pub(crate) struct Outgoing {
    bytes: Vec<u8>,
    /// How much of `bytes` has been written, in bytes.
    written: usize,
    large: Vec<Large>,
    /// The index of the first large payload that is not completely written.
    next_large: usize,
    /// How much of that payload has been written, in bytes.
    large_written: usize,
    /// How much is still to be written, in bytes.
    left: usize,
}

/// The largest number of pieces in one vectored write.
pub(super) const SLICES: usize = 32;

impl Outgoing {
    /// `left` is the length of everything, in bytes.
    pub(super) fn new(bytes: Vec<u8>, large: Vec<Large>, left: usize) -> Self {
        Self { bytes, large, left, ..Self::default() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.left == 0
    }

    /// Returns how much is still to be written, in bytes.
    pub(crate) fn len(&self) -> usize {
        self.left
    }

    /// Returns the next contiguous piece, which is empty if nothing is left.
    pub(crate) fn first(&self) -> &[u8] {
        match self.large.get(self.next_large) {
            Some(large) if large.at == self.written => &large.payload[self.large_written..],
            Some(large) => &self.bytes[self.written..large.at],
            None => &self.bytes[self.written..],
        }
    }

    /// Returns `true` if what is left lies in more than one piece.
    pub(crate) fn is_scattered(&self) -> bool {
        self.first().len() < self.left
    }

    /// Fills in the next pieces. Returns their number.
    pub(crate) fn slices<'a>(&'a self, slices: &mut [IoSlice<'a>; SLICES]) -> usize {
        let mut count = 0;
        let mut push = |slice: &'a [u8]| {
            if !slice.is_empty() && count < SLICES {
                slices[count] = IoSlice::new(slice);
                count += 1;
            }
        };
        let (mut written, mut within) = (self.written, self.large_written);
        for large in self.large.iter().skip(self.next_large).take(SLICES) {
            push(&self.bytes[written..large.at]);
            push(&large.payload[within..]);
            (written, within) = (large.at, 0);
        }
        if self.large.len() - self.next_large <= SLICES {
            push(&self.bytes[written..]);
        }
        count
    }

    /// Creates an array for [`slices`](Self::slices).
    pub(crate) fn no_slices<'a>() -> [IoSlice<'a>; SLICES] {
        [IoSlice::new(&[]); SLICES]
    }

    /// Records that the transport took so many bytes.
    pub(crate) fn advance(&mut self, mut count: usize) {
        self.left -= count;
        while let Some(large) = self.large.get_mut(self.next_large) {
            let before = count.min(large.at - self.written);
            self.written += before;
            count -= before;
            if self.written < large.at {
                return;
            }
            let here = count.min(large.payload.len() - self.large_written);
            self.large_written += here;
            count -= here;
            if self.large_written < large.payload.len() {
                return;
            }
            // The payload is no longer needed.
            large.payload = Bytes::new();
            self.next_large += 1;
            self.large_written = 0;
        }
        self.written += count;
    }

    /// Gives the buffer back to the thread.
    pub(crate) fn release(&mut self) {
        write_buffers::give_back(mem::take(&mut self.bytes));
        *self = Self::default();
    }

    /// Says that it may take a while until the rest is written.
    pub(crate) fn settle(&mut self) {
        if self.large.is_empty() {
            write_buffers::settle(&mut self.bytes, &mut self.written);
        }
    }

    #[cfg(test)]
    pub(crate) fn capacity(&self) -> usize {
        self.bytes.capacity()
    }
}

/// A payload that is not copied.
#[derive(Debug)]
pub(super) struct Large {
    /// How much of the other bytes is written before it, in bytes.
    pub(super) at: usize,
    pub(super) payload: Bytes,
}
