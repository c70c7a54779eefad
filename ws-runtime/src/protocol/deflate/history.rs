//! [`History`]: the end of the plain text that went one way on a connection.

/// The last bytes of plain text, at most so many as its limit, in one piece.
///
/// It is as large as what went through it until the limit is reached: a connection that has seen one small message holds
/// little.
#[derive(Debug)]
pub(super) struct History {
    bytes: Vec<u8>,
    limit: usize,
}

impl History {
    pub(super) fn new(limit: usize) -> Self {
        Self { bytes: Vec::new(), limit }
    }

    /// Whether anything is kept.
    pub(super) fn is_kept(&self) -> bool {
        self.limit > 0
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Appends a message, and forgets what does not fit any more.
    pub(super) fn push(&mut self, message: &[u8]) {
        let message = &message[message.len().saturating_sub(self.limit)..];
        let length = self.bytes.len() + message.len();
        if length > self.limit {
            // To move 2 KiB takes some 30 ns; a ring would be two pieces where a dictionary is one.
            self.bytes.drain(..length - self.limit);
        }
        self.make_room(message.len());
        self.bytes.extend_from_slice(message);
    }

    /// Doubles the capacity as `Vec` does, but never past the limit.
    fn make_room(&mut self, additional: usize) {
        let needed = self.bytes.len() + additional;
        if needed > self.bytes.capacity() {
            let capacity = needed.max(2 * self.bytes.capacity()).min(self.limit);
            self.bytes.reserve_exact(capacity - self.bytes.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_bytes_are_kept() {
        for limit in [0, 1, 7, 100, 1000] {
            let (mut history, mut all) = (History::new(limit), Vec::new());
            for size in [3, 0, 50, 1, 99, 100, 101, 7, 1000, 1001, 5, 400, 400, 400] {
                let message: Vec<u8> = (0..size).map(|at| (at * 7 + all.len()).to_le_bytes()[0]).collect();
                history.push(&message);
                all.extend_from_slice(&message);
                assert_eq!(history.bytes(), &all[all.len().saturating_sub(limit)..]);
                assert!(history.bytes.capacity() <= limit);
            }
        }
    }

    #[test]
    fn a_small_message_takes_little_memory() {
        let mut history = History::new(32 * 1024);
        assert_eq!(history.bytes.capacity(), 0);
        history.push(&[1; 150]);
        assert_eq!(history.bytes.capacity(), 150);
        history.push(&[1; 10]);
        assert_eq!(history.bytes.capacity(), 300);
    }
}
