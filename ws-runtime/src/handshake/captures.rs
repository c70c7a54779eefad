//! [`Captures`]: the path parameters of a request.

use std::{ops::Range, sync::Arc};

/// The path parameters of a request: their names, and the ranges of the path that contain their values.
#[derive(Debug, Default)]
pub(crate) struct Captures(Box<[(Arc<str>, Range<usize>)]>);

impl Captures {
    /// Creates the captures. `values` must be slices of `path`.
    pub(crate) fn new<'a>(path: &str, values: impl Iterator<Item = (Arc<str>, &'a str)>) -> Self {
        let start = path.as_ptr().addr();
        let ranges = values.map(|(name, value)| {
            let from = value.as_ptr().addr().saturating_sub(start);
            (name, from..from + value.len())
        });
        Self(ranges.collect())
    }

    pub(crate) fn get<'p>(&self, path: &'p str, name: &str) -> Option<&'p str> {
        let (_, range) = self.0.iter().find(|(known, _)| **known == *name)?;
        path.get(range.clone())
    }
}
