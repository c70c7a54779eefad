//! [`ServeError`]: why an app could not be served.

use std::{fmt, io};

use crate::BuildError;

/// Why an app could not be served.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// There are mistakes in the app.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The address cannot be bound; the text names it.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// As `Display`: `fn main() -> Result<(), ServeError>` prints its error so, and people read it there.
impl fmt::Debug for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
