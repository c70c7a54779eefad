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

#[cfg(feature = "describe")]
pub use crate::describing::{
    ClosesOf, Constant, Default, Dependency as DescribedBy, DescribedDependency, Describing, Extracted,
    Failing, Named, Returned, Socket, docs,
};
/// The traits through which the types of an endpoint say what they are. They have no names, so that none of the user's
/// can collide with them.
#[cfg(feature = "describe")]
pub mod described {
    pub use crate::describing::{
        AnyError as _, AnySocket as _, DeclaredFunction as _, DependencyError as _, ExtractedError as _,
        IsNotWhole as _, IsWhole as _, KnownError as _, MadeWithAnyError as _, MadeWithKnownError as _,
        MessageOfAnyType as _, NamedConstant as _, NoDependencyError as _, NoExtractedError as _,
        NoQuery as _, NoReturnedError as _, ProvidedError as _, QueryOfAnyType as _, ReturnedError as _,
        ShownConstant as _, SocketMessages as _, TextOfAnyType as _, TextOfWords as _,
    };
    #[cfg(feature = "schema")]
    pub use crate::describing::{MessageWithSchema as _, QueryWithSchema as _, TextWithSchema as _};
    pub use crate::extract::{ManyShape as _, MaybeManyShape as _, MaybeShape as _, OneShape as _};
}
pub use ws_macros::{close_code_of, routes_of};

pub use crate::endpoint::{Declares, Implemented, Reading, ReadsContract, Serves, same_messages};
pub use crate::extract::{
    Awaited, Bare, BareMany, BareMaybe, BareOne, BareWhole, Begun, CanBeAbsent, Declared, DeclaredDependency,
    Dependency, Depends, Fallible, Field, Finish, IsList, Making, ManyShape, MaybeManyShape, MaybeShape,
    MultipleOf, Need, NeedsSource, NotText, OneShape, OtherDeclared, OwnedDeclared, OwnedPlain, Param, Plain,
    PlainDependency, Probe, Provides, RawValue, Rest, Segment, Settle, Shape, SharedDeclared, SharedPlain,
    Source, Text, Whole, Words, provided, shape,
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

#[cfg(feature = "describe")]
pub use crate::description::{CloseDescription, Source as SourceOf};

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

/// Returns the candidate that closes with this code and reason.
#[cfg(feature = "request")]
pub fn find_close<E: CloseError, const N: usize>(code: u16, reason: &str, candidates: [E; N]) -> Option<E> {
    candidates.into_iter().find(|candidate| {
        let close = candidate.close();
        close.code().as_u16() == code && close.reason() == reason
    })
}

/// The type of an inner error, which may know which of its values a close was made from.
#[cfg(feature = "request")]
#[derive(Debug)]
pub struct Inner<E>(std::marker::PhantomData<fn() -> E>);

#[cfg(feature = "request")]
impl<E> Inner<E> {
    /// The type.
    pub const NEW: Self = Self(std::marker::PhantomData);
}

/// The inner type has closes.
#[cfg(feature = "request")]
pub trait InnerFromClose<E> {
    /// The error.
    fn __from_close(&self, code: u16, reason: &str) -> Option<E>;
}

/// The inner type has none that are known.
#[cfg(feature = "request")]
pub trait InnerFallback<E> {
    /// Nothing.
    fn __from_close(&self, code: u16, reason: &str) -> Option<E>;
}

#[cfg(feature = "request")]
impl<E: CloseError> InnerFromClose<E> for &Inner<E> {
    fn __from_close(&self, code: u16, reason: &str) -> Option<E> {
        E::from_close(code, reason)
    }
}

#[cfg(feature = "request")]
impl<E> InnerFallback<E> for Inner<E> {
    fn __from_close(&self, _: u16, _: &str) -> Option<E> {
        None
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
