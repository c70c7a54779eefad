//! [`History`]: the most recent plain text of one direction of a connection.

/// The last bytes of plain text in one piece, up to a limit.
///
/// Until the limit is reached, the history is only as large as the data that went through it, so a connection that
/// has seen one small message holds little.
#[derive(Debug)]
pub(super) struct History {
    bytes: Vec<u8>,
    limit: usize,
}

impl History {
    pub(super) fn new(limit: usize) -> Self {
        Self { bytes: Vec::new(), limit }
    }

    /// Returns `true` if anything is kept.
    pub(super) fn is_kept(&self) -> bool {
        self.limit > 0
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Appends a message, and drops the oldest bytes that no longer fit.
    pub(super) fn push(&mut self, message: &[u8]) {
        let message = &message[message.len().saturating_sub(self.limit)..];
        let length = self.bytes.len() + message.len();
        if length > self.limit {
            // Moving 2 KiB takes about 30 ns. A ring buffer would be in two pieces, and a dictionary has to be in
            // one.
            self.bytes.drain(..length - self.limit);
        }
        self.make_room(message.len());
        self.bytes.extend_from_slice(message);
    }

    /// Doubles the capacity as `Vec` does, but never beyond the limit.
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
