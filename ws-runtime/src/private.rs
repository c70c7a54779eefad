//! What generated code calls beside the documented items. Nothing here is stable.

use http::StatusCode;

use crate::{Close, CloseCode, CloseError};

#[cfg(feature = "pattern")]
pub use crate::extract::Pattern;
pub use crate::extract::{ManyShape, MaybeShape, OneShape, Probe};

/// A close whose reason is the error's own text.
pub fn close_display(code: CloseCode, error: &(impl std::fmt::Display + ?Sized)) -> Close {
    Close::new(code, error.to_string())
}

/// A status that the macro has checked.
#[must_use]
pub fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// The inner error of a `transparent` variant, asked for its close although it was to take the outer's place.
#[derive(Debug)]
pub struct Transparent<'a, E: ?Sized>(pub &'a E);

/// The inner error knows its close.
pub trait TransparentClose {
    /// The close.
    fn __close(&self) -> Close;
}

/// The inner error has to be asked elsewhere.
pub trait TransparentFallback {
    /// The close.
    fn __close(&self) -> Close;
}

impl<E: CloseError> TransparentClose for &Transparent<'_, E> {
    fn __close(&self) -> Close {
        self.0.close()
    }
}

impl<E: ?Sized> TransparentFallback for Transparent<'_, E> {
    fn __close(&self) -> Close {
        Close::internal_error()
    }
}
