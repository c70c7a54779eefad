//! The write buffers of a thread, which it lends to its connections while they have data to write.
//!
//! An idle connection thus holds no buffer, and a burst finds one that is large enough and still in the processor's
//! cache. Read buffers are kept elsewhere ([`read_buffer`](super::read_buffer)), as payloads leave them as slices.

use std::{cell::RefCell, mem};

/// How much capacity of unused buffers a thread keeps, in bytes: enough for the messages that wait at one time.
const KEPT_BYTES: usize = 1024 * 1024;

/// The largest capacity of a buffer that is kept, in bytes.
const LARGEST: usize = 256 * 1024;

/// If at most this many bytes wait in a larger buffer, they move to a buffer of their own.
const LITTLE: usize = 4 * 1024;

struct Kept {
    buffers: Vec<Vec<u8>>,
    /// The capacity of all buffers together, in bytes.
    bytes: usize,
}

thread_local! {
    static KEPT: RefCell<Kept> = const { RefCell::new(Kept { buffers: Vec::new(), bytes: 0 }) };
}

/// Returns an empty buffer, namely the one that was used last.
pub(super) fn borrow() -> Vec<u8> {
    // A thread that is ending may already have dropped its buffers.
    KEPT.try_with(|kept| {
        let mut kept = kept.borrow_mut();
        let buffer = kept.buffers.pop()?;
        kept.bytes -= buffer.capacity();
        Some(buffer)
    })
    .ok()
    .flatten()
    .unwrap_or_default()
}

/// Clears a buffer and keeps it for the next use, if there is room for it.
pub(super) fn give_back(mut buffer: Vec<u8>) {
    let capacity = buffer.capacity();
    if capacity == 0 || capacity > LARGEST {
        return;
    }
    buffer.clear();
    let _ = KEPT.try_with(|kept| {
        let mut kept = kept.borrow_mut();
        if kept.bytes + capacity <= KEPT_BYTES {
            kept.bytes += capacity;
            kept.buffers.push(buffer);
        }
    });
}

/// Gives a buffer back if there is little data in it from `start` on, and moves that data to a buffer of its size.
/// This is called when it may take a while until the rest is written.
pub(super) fn settle(buffer: &mut Vec<u8>, start: &mut usize) {
    let rest = &buffer[*start..];
    if rest.len() <= LITTLE && buffer.capacity() > 2 * LITTLE {
        let rest = rest.to_vec();
        give_back(mem::replace(buffer, rest));
        *start = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept() -> (usize, usize) {
        KEPT.with_borrow(|kept| (kept.buffers.len(), kept.bytes))
    }

    #[test]
    fn a_buffer_is_lent_again_and_empty() {
        give_back(vec![1; 100]);
        assert_eq!(kept(), (1, 100));
        let buffer = borrow();
        assert_eq!((buffer.len(), buffer.capacity(), kept()), (0, 100, (0, 0)));
        assert_eq!(borrow().capacity(), 0);
    }

    #[test]
    fn what_is_little_waits_in_a_buffer_of_its_size() {
        let capacity = 2 * LITTLE + 1;
        let (mut buffer, mut start) = (vec![1; capacity], LITTLE);
        settle(&mut buffer, &mut start);
        assert_eq!((buffer.len(), start, kept()), (capacity, LITTLE, (0, 0)));
        buffer[capacity - 1] = 2;
        start = capacity - 3;
        settle(&mut buffer, &mut start);
        assert_eq!((buffer.as_slice(), buffer.capacity(), start), (&[1, 1, 2][..], 3, 0));
        assert_eq!(kept(), (1, capacity));
        settle(&mut buffer, &mut start);
        assert_eq!((buffer.capacity(), kept()), (3, (1, capacity)));
    }

    #[test]
    fn what_is_kept_is_bounded() {
        give_back(Vec::new());
        give_back(Vec::with_capacity(LARGEST + 1));
        assert_eq!(kept(), (0, 0));
        for _ in 0..100 {
            give_back(Vec::with_capacity(LARGEST));
        }
        assert_eq!(kept(), (KEPT_BYTES / LARGEST, KEPT_BYTES));
    }
}
