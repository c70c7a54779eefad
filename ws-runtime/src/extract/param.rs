//! [`Param`]: the shape of a parameter (one value, perhaps one, many), its constraints, and how it is read.

use std::marker::PhantomData;

use super::{FromText, MultipleOf, RawValue, constraints::Constraints, text::TextError};
use crate::{FieldError, Loc, ValidationError};

/// Finds out the shape of a parameter's type, through aliases: `(&&&Probe::<T>::NEW).__shape()`.
///
/// Method lookup tries the type with all references first, so `Vec` and `Option` are preferred to "any other" without
/// a bound on `T`. Its name has underscores because a blanket trait of the user's could have a method `shape` for the
/// probe as well. The bound on the text stands where the value is read, so that its absence is reported in our words.
#[derive(Debug)]
pub struct Probe<T>(PhantomData<fn() -> T>);

impl<T> Probe<T> {
    /// The probe.
    pub const NEW: Self = Self(PhantomData);
}

/// The shapes.
pub mod shape {
    use std::marker::PhantomData;

    /// Exactly one value.
    #[derive(Debug)]
    pub struct One;
    /// One value or none.
    #[derive(Debug)]
    pub struct Maybe;
    /// Any number of values.
    #[derive(Debug)]
    pub struct Many;
    /// `S`, with a default for an absent value.
    #[derive(Debug)]
    pub struct Defaulted<S, F> {
        pub(super) default: F,
        pub(super) shape: PhantomData<S>,
    }
}

use shape::{Defaulted, Many, Maybe, One};

/// `Vec<T>`: many.
pub trait ManyShape<T> {
    /// The shape.
    fn __shape(&self) -> Param<Many, T>;
}

/// `Option<T>`: maybe one.
pub trait MaybeShape<T> {
    /// The shape.
    fn __shape(&self) -> Param<Maybe, T>;
}

/// Anything else: one.
pub trait OneShape<T> {
    /// The shape.
    fn __shape(&self) -> Param<One, T>;
}

impl<T> ManyShape<T> for &&Probe<Vec<T>> {
    fn __shape(&self) -> Param<Many, T> {
        Param::new(Many)
    }
}

impl<T> MaybeShape<T> for &Probe<Option<T>> {
    fn __shape(&self) -> Param<Maybe, T> {
        Param::new(Maybe)
    }
}

impl<T> OneShape<T> for Probe<T> {
    fn __shape(&self) -> Param<One, T> {
        Param::new(One)
    }
}

/// A parameter to be read: a shape `S` of values `T`, and their constraints.
pub struct Param<S, T> {
    shape: S,
    constraints: Constraints<T>,
}

impl<S, T> Param<S, T> {
    fn new(shape: S) -> Self {
        Self { shape, constraints: Constraints::none() }
    }
}

impl<T> Param<One, T> {
    /// The value of an absent parameter.
    #[must_use]
    pub fn default<F: FnOnce() -> T>(self, default: F) -> Param<Defaulted<One, F>, T> {
        let shape = Defaulted { default, shape: PhantomData };
        Param { shape, constraints: self.constraints }
    }
}

impl<T> Param<Maybe, T> {
    /// The value of an absent parameter.
    #[must_use]
    pub fn default<F: FnOnce() -> T>(self, default: F) -> Param<Defaulted<Maybe, F>, T> {
        let shape = Defaulted { default, shape: PhantomData };
        Param { shape, constraints: self.constraints }
    }
}

macro_rules! constraints {
    ($($constraint:ident($limit:ty) where $bound:path $(: $display:path)?, $doc:literal;)*) => {$(
        #[doc = $doc]
        #[must_use]
        pub fn $constraint(mut self, limit: $limit) -> Self
        where
            T: $bound $(+ $display)?,
        {
            self.constraints.$constraint(limit);
            self
        }
    )*};
}

impl<S, T> Param<S, T> {
    constraints! {
        ge(T) where PartialOrd: std::fmt::Display, "At least `limit`.";
        gt(T) where PartialOrd: std::fmt::Display, "More than `limit`.";
        le(T) where PartialOrd: std::fmt::Display, "At most `limit`.";
        lt(T) where PartialOrd: std::fmt::Display, "Less than `limit`.";
        multiple_of(T) where MultipleOf: std::fmt::Display, "A multiple of `limit`.";
        min_length(usize) where AsRef<str>, "At least `limit` characters.";
        max_length(usize) where AsRef<str>, "At most `limit` characters.";
    }

    /// Matches a regular expression somewhere.
    #[cfg(feature = "pattern")]
    #[must_use]
    pub fn pattern(mut self, pattern: &'static super::Pattern) -> Self
    where
        T: AsRef<str>,
    {
        self.constraints.pattern(pattern);
        self
    }
}

/// A field being read: where it is, and where its mistakes go.
pub struct Field<'a> {
    source: Source,
    name: &'static str,
    errors: &'a mut ValidationError,
}

/// Where a field is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    Path,
    Query,
    Cookie,
    Header,
}

impl Source {
    fn name(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Query => "query",
            Self::Cookie => "cookie",
            Self::Header => "header",
        }
    }

    /// Cookies and headers carry secrets.
    fn may_be_shown(self) -> bool {
        matches!(self, Self::Path | Self::Query)
    }
}

impl<'a> Field<'a> {
    pub(super) fn new(source: Source, name: &'static str, errors: &'a mut ValidationError) -> Self {
        Self { source, name, errors }
    }

    fn missing(&mut self) {
        self.push(TextError::new("missing", "Field required"), None, None);
    }

    fn push(&mut self, error: TextError, index: Option<usize>, input: Option<&str>) {
        let mut loc = vec![Loc::from(self.source.name()), Loc::from(self.name)];
        loc.extend(index.map(Loc::Index));
        let input = input.filter(|_| self.source.may_be_shown()).map(str::to_owned);
        self.errors.push(FieldError { kind: error.kind, loc, msg: error.msg, input });
    }

    /// Reads one value; a mistake is kept, and `None` returned.
    fn value<T: FromText>(
        &mut self,
        raw: &RawValue<'_>,
        index: Option<usize>,
        constraints: &Constraints<T>,
    ) -> Option<T> {
        let Ok(text) = raw else {
            self.push(TextError::not_text(), index, None);
            return None;
        };
        let value = T::from_text(text).and_then(|value| constraints.check(&value).map(|()| value));
        value.map_err(|error| self.push(error, index, Some(text))).ok()
    }
}

/// A parameter that can be read; `None` if a mistake was kept in the field.
pub trait Read {
    /// What the endpoint is given.
    type Value;

    /// Reads the parameter from its values.
    #[doc(hidden)]
    fn read(self, values: &mut dyn Iterator<Item = RawValue<'_>>, field: Field<'_>) -> Option<Self::Value>;
}

// A scalar that is repeated has its last value, as in FastAPI.
impl<T: FromText> Read for Param<One, T> {
    type Value = T;

    fn read(self, values: &mut dyn Iterator<Item = RawValue<'_>>, mut field: Field<'_>) -> Option<T> {
        let Some(raw) = values.last() else {
            field.missing();
            return None;
        };
        field.value(&raw, None, &self.constraints)
    }
}

impl<T: FromText> Read for Param<Maybe, T> {
    type Value = Option<T>;

    fn read(self, values: &mut dyn Iterator<Item = RawValue<'_>>, mut field: Field<'_>) -> Option<Option<T>> {
        match values.last() {
            Some(raw) => field.value(&raw, None, &self.constraints).map(Some),
            None => Some(None),
        }
    }
}

impl<T: FromText, F: FnOnce() -> T> Read for Param<Defaulted<One, F>, T> {
    type Value = T;

    fn read(self, values: &mut dyn Iterator<Item = RawValue<'_>>, mut field: Field<'_>) -> Option<T> {
        match values.last() {
            Some(raw) => field.value(&raw, None, &self.constraints),
            None => Some((self.shape.default)()),
        }
    }
}

impl<T: FromText, F: FnOnce() -> T> Read for Param<Defaulted<Maybe, F>, T> {
    type Value = Option<T>;

    fn read(self, values: &mut dyn Iterator<Item = RawValue<'_>>, mut field: Field<'_>) -> Option<Option<T>> {
        match values.last() {
            Some(raw) => field.value(&raw, None, &self.constraints).map(Some),
            None => Some(Some((self.shape.default)())),
        }
    }
}

impl<T: FromText> Read for Param<Many, T> {
    type Value = Vec<T>;

    fn read(self, values: &mut dyn Iterator<Item = RawValue<'_>>, mut field: Field<'_>) -> Option<Vec<T>> {
        // Every value is read, so that every mistake is reported.
        let values: Vec<_> = values
            .enumerate()
            .map(|(index, raw)| field.value(&raw, Some(index), &self.constraints))
            .collect();
        values.into_iter().collect()
    }
}

/// What a path parameter `<id>` can be: one value.
#[diagnostic::on_unimplemented(
    message = "a path parameter is one segment, not many",
    label = "one segment cannot be a `Vec`",
    note = "write `<name..>` as the last segment of the path to take all that remain"
)]
pub trait ReadSegment: Read {}

impl<S: Scalar, T> ReadSegment for Param<S, T> where Self: Read {}

/// What `<rest..>` can be: a `String`, or a `Vec` of segments.
#[diagnostic::on_unimplemented(
    message = "`<rest..>` is a `String` or a `Vec` of segments",
    label = "expected `String` or `Vec<T>`"
)]
pub trait ReadRest: Read {
    /// Whether each segment is a value of its own.
    #[doc(hidden)]
    const BY_SEGMENT: bool;
}

impl<T: FromText> ReadRest for Param<One, T> {
    const BY_SEGMENT: bool = false;
}

impl<T: FromText> ReadRest for Param<Many, T> {
    const BY_SEGMENT: bool = true;
}

/// The shapes of at most one value.
pub trait Scalar {}
impl Scalar for One {}
impl Scalar for Maybe {}
impl<S, F> Scalar for Defaulted<S, F> {}
