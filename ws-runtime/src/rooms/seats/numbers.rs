//! [`Numbers`]: the seats that share an ID.

use std::{iter, mem};

/// The numbers of the seats that share an ID. Nearly always it is one, so that one needs no allocation.
pub(in crate::rooms) struct Numbers {
    newest: u64,
    others: Vec<u64>,
}

impl Numbers {
    pub(in crate::rooms) fn new(number: u64) -> Self {
        Self { newest: number, others: Vec::new() }
    }

    pub(in crate::rooms) fn add(&mut self, number: u64) {
        self.others.push(mem::replace(&mut self.newest, number));
    }

    pub(super) fn has(&self, number: u64) -> bool {
        self.newest == number || self.others.contains(&number)
    }

    /// Returns the numbers, from the newest on.
    pub(in crate::rooms) fn all(&self) -> impl Iterator<Item = u64> + '_ {
        iter::once(self.newest).chain(self.others.iter().rev().copied())
    }

    /// Removes a number. Returns `true` if it was the last one.
    pub(super) fn remove(&mut self, number: u64) -> bool {
        if self.newest != number {
            self.others.retain(|other| *other != number);
            return false;
        }
        match self.others.pop() {
            Some(newest) => self.newest = newest,
            None => return true,
        }
        false
    }
}
