//! [`ServeError`]: why an app could not be served.

use std::{fmt, io};

use crate::BuildError;

/// The error of an app that could not be served.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// There are mistakes in the app.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The address cannot be bound. The text names it.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Prints the same text as `Display`, as this is what `fn main() -> Result<(), ServeError>` shows to the user.
impl fmt::Debug for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
