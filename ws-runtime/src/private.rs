//! What generated code calls beside the documented items. Nothing here is stable.

use http::StatusCode;

use crate::{Close, CloseCode, CloseError};

#[cfg(feature = "pattern")]
pub use crate::extract::Pattern;
/// What only the fuzz targets call.
#[cfg(fuzzing)]
pub mod fuzzing {
    /// What must hold for any bytes that Redis sends.
    ///
    /// # Panics
    ///
    /// If it does not.
    #[cfg(feature = "redis")]
    pub fn check_redis_wire(bytes: &[u8]) {
        crate::rooms::check_redis_wire(bytes);
    }
}

pub use ws_macros::{close_code_of, routes_of};

pub use crate::extract::{
    Awaited, Bare, BareMany, BareMaybe, BareOne, BareWhole, Begun, CanBeAbsent, Declared, DeclaredDependency,
    Dependency, Depends, Field, Finish, Making, ManyShape, MaybeShape, MultipleOf, Need, NeedsSource,
    NotText, OneShape, OwnedDeclared, OwnedPlain, Param, Plain, PlainDependency, Probe, Provides, RawValue,
    Rest, Segment, Settle, Shape, SharedDeclared, SharedPlain, Source, Text, Whole, shape,
};

/// A close whose reason is the error's own text.
///
/// The bound is what the derive implements; `Display` would be reported here as well as at the type.
pub fn close_display(code: CloseCode, error: &impl CloseError) -> Close {
    Close::new(code, error.to_string())
}

/// The value of a default that is written as a text.
#[diagnostic::on_unimplemented(
    message = "a text cannot be the default of a `{Self}`",
    label = "expected a `{Self}`, which has no quotes if it is a number",
    note = "or implement `From<&str>` for a type of your own"
)]
pub trait FromDefault {
    /// The value.
    fn from_default(text: &'static str) -> Self;
}

#[diagnostic::do_not_recommend]
impl<T: From<&'static str>> FromDefault for T {
    fn from_default(text: &'static str) -> Self {
        text.into()
    }
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

/// An error of the user's, which may have sources.
#[derive(Debug)]
pub struct Sourced<'a, E: ?Sized>(pub &'a E);

/// The type is an [`Error`](std::error::Error).
pub trait AsError<'a> {
    /// The error.
    fn __as_error(&self) -> Option<&'a (dyn std::error::Error + 'static)>;
}

/// The type need not be one.
pub trait AsErrorFallback<'a> {
    /// Nothing.
    fn __as_error(&self) -> Option<&'a (dyn std::error::Error + 'static)>;
}

impl<'a, E: std::error::Error + 'static> AsError<'a> for &Sourced<'a, E> {
    fn __as_error(&self) -> Option<&'a (dyn std::error::Error + 'static)> {
        Some(self.0)
    }
}

impl<'a, E: ?Sized> AsErrorFallback<'a> for Sourced<'a, E> {
    fn __as_error(&self) -> Option<&'a (dyn std::error::Error + 'static)> {
        None
    }
}
