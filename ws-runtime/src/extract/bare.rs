//! Parameters of dependencies that have no attribute: a path parameter by its name, or a [`FromHandshake`] type.

use std::{fmt, marker::PhantomData};

use super::{
    Extraction, FromHandshake, FromText, Param, Parameter, Probe, Requirements, Shape,
    shape::{Many, Maybe, One},
};
use crate::Error;

/// A parameter that has been read from the path, or that is made in the second phase.
pub enum Bare<T> {
    /// The value from the path.
    Read(T),
    /// A type that implements [`FromHandshake`].
    Whole(Parameter<T>),
}

impl<T> fmt::Debug for Bare<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read(_) => "Read",
            Self::Whole(_) => "Whole",
        })
    }
}

/// A parameter whose type implements [`FromHandshake`].
#[derive(Debug)]
pub struct Whole<T>(PhantomData<fn() -> T>);

/// A type that implements [`FromHandshake`]: `(&&&&Probe::<T>::NEW).__bare()`, as for [`Probe`].
pub trait BareWhole<T> {
    /// Returns the shape.
    fn __bare(&self) -> Whole<T>;
}

/// `Vec<T>`: all segments of `<name..>`.
pub trait BareMany<T> {
    /// Returns the shape.
    fn __bare(&self) -> Param<Many, T>;
}

/// `Option<T>`: a path parameter.
pub trait BareMaybe<T> {
    /// Returns the shape.
    fn __bare(&self) -> Param<Maybe, T>;
}

/// Any other type: a path parameter.
pub trait BareOne<T> {
    /// Returns the shape.
    fn __bare(&self) -> Param<One, T>;
}

impl<T: FromHandshake> BareWhole<T> for &&&Probe<T> {
    fn __bare(&self) -> Whole<T> {
        Whole(PhantomData)
    }
}

impl<T> BareMany<T> for &&Probe<Vec<T>> {
    fn __bare(&self) -> Param<Many, T> {
        Param::new(Many)
    }
}

impl<T> BareMaybe<T> for &Probe<Option<T>> {
    fn __bare(&self) -> Param<Maybe, T> {
        Param::new(Maybe)
    }
}

impl<T> BareOne<T> for Probe<T> {
    fn __bare(&self) -> Param<One, T> {
        Param::new(One)
    }
}

impl<T: FromHandshake> Whole<T> {
    /// Declares what the type requires of the app.
    pub fn require(self, _: &'static str, requirements: &mut Requirements) {
        T::requires(requirements);
    }

    /// Reports mistakes in the text that the type reads.
    #[must_use]
    pub fn begin(self, _: &'static str, cx: &mut Extraction) -> Option<Bare<T>> {
        let parameter = Parameter::of();
        cx.validate(&parameter);
        Some(Bare::Whole(parameter))
    }
}

impl<S, T> Param<S, T> {
    /// Requires the endpoint to have the path parameter.
    pub fn require(self, name: &'static str, requirements: &mut Requirements) {
        requirements.path(name);
    }

    /// Reads the path parameter.
    pub fn begin(self, name: &'static str, cx: &mut Extraction) -> Option<Bare<S::Value>>
    where
        S: Shape<T> + InPath,
        T: NeedsSource,
    {
        cx.in_path(name, self).map(Bare::Read)
    }
}

/// A type that is read from the path. It stands in for [`FromText`] so that the compiler's message names all sources.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can be read neither from the path nor from a handshake",
    label = "add `#[query]`, `#[cookie]`, `#[header]` or `#[depends(function)]`",
    note = "a parameter without an attribute is a path parameter of its name, which implements `FromStr`, or it implements `FromHandshake`",
    note = "state of the app is read as `State<{Self}>`, a query string as a whole as `ws_runtime::Query<{Self}>`"
)]
pub trait NeedsSource: FromText {}

#[diagnostic::do_not_recommend]
impl<T: FromText> NeedsSource for T {}

/// The shapes that a path parameter of a dependency can have. A `Vec` has a value for each segment.
pub trait InPath {
    /// `true` if each segment is a separate value.
    #[doc(hidden)]
    const BY_SEGMENT: bool = false;
}

impl InPath for One {}
impl InPath for Maybe {}
impl InPath for Many {
    const BY_SEGMENT: bool = true;
}

impl Extraction {
    /// Completes a parameter without an attribute.
    ///
    /// # Errors
    ///
    /// Returns the error of its [`FromHandshake`] type, if it fails.
    pub async fn complete<T>(&self, bare: Bare<T>) -> Result<T, Error> {
        match bare {
            Bare::Read(value) => Ok(value),
            Bare::Whole(parameter) => self.extract(parameter).await,
        }
    }
}
