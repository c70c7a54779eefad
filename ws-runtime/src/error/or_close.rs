//! [`OrClose`]: gives a close code to an error from another crate.

use std::fmt::Display;

use super::Error;
use crate::{Close, IntoCloseCode, IntoReason};

/// Gives a foreign error, or an absent value, a close code at the place where it occurs. `Result` and `Option` implement
/// it, and no other type can.
///
/// ```
/// # use ws_runtime::{CloseCode, OrClose, Result};
/// fn read() -> Result<String> {
///     let text = std::fs::read_to_string("motd").or_close(CloseCode::INTERNAL_ERROR, "no message of the day")?;
///     let line = text.lines().next().or_close(CloseCode::TRY_AGAIN_LATER, "nothing to say yet")?;
///     Ok(line.to_owned())
/// }
/// ```
pub trait OrClose: sealed::Sealed {
    /// The type of the contained value.
    type Value;

    /// Turns an error into a close with this code and reason. The error itself is logged at debug level.
    ///
    /// # Errors
    ///
    /// Returns the close if there is no value.
    fn or_close(self, code: impl IntoCloseCode, reason: impl IntoReason) -> Result<Self::Value, Error>;
}

impl<T, E: Display> OrClose for Result<T, E> {
    type Value = T;

    fn or_close(self, code: impl IntoCloseCode, reason: impl IntoReason) -> Result<T, Error> {
        let code = code.into_code();
        self.map_err(|error| {
            tracing::debug!(%error, %code, "an error was given a close code");
            Close::new(code, reason).into()
        })
    }
}

impl<T> OrClose for Option<T> {
    type Value = T;

    fn or_close(self, code: impl IntoCloseCode, reason: impl IntoReason) -> Result<T, Error> {
        self.ok_or_else(|| Close::new(code, reason).into())
    }
}

mod sealed {
    pub trait Sealed {}

    impl<T, E> Sealed for Result<T, E> {}

    impl<T> Sealed for Option<T> {}
}
