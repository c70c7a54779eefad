//! [`Param`]: the shape of a parameter (one value, an optional one, or many), its constraints, and how it is read.

use std::{fmt::Display, marker::PhantomData};

use super::{FromText, MultipleOf, RawValue, Text, constraints::Constraints, field::Field};
#[cfg(feature = "describe")]
use crate::description::{self, SchemaOf, TextDescription};

/// Determines the shape of a parameter's type, even through aliases: `(&&&&Probe::<T>::NEW).__shape()`.
///
/// Method lookup tries the type with all references first, so `Vec` and `Option` take precedence over "any other"
/// without a bound on `T`. The method name has underscores because a user's blanket trait could give the probe a method
/// `shape`, too. The bound on the text is on the method that reads the value, so that its absence is reported with our
/// message.
#[derive(Debug)]
pub struct Probe<T>(PhantomData<fn() -> T>);

impl<T> Probe<T> {
    /// The probe for `T`.
    pub const NEW: Self = Self(PhantomData);
}

/// The shapes.
pub mod shape {
    /// Exactly one value.
    #[derive(Debug)]
    pub struct One;
    /// One value or none.
    #[derive(Debug)]
    pub struct Maybe;
    /// Any number of values.
    #[derive(Debug)]
    pub struct Many;
    /// Any number of values, or `None` if there is not a single one.
    #[derive(Debug)]
    pub struct MaybeMany;
    /// At least one value.
    #[derive(Debug)]
    pub struct Some;
    /// The shape `S`, with a default for an absent value.
    #[derive(Debug)]
    pub struct Defaulted<S, F> {
        pub(super) default: F,
        pub(super) shape: S,
    }
}

use shape::{Defaulted, Many, Maybe, MaybeMany, One};

/// `Option<Vec<T>>`: any number of values, or `None` without a value.
pub trait MaybeManyShape<T> {
    /// Returns the shape.
    fn __shape(&self) -> Param<MaybeMany, T>;
}

/// `Vec<T>`: any number of values.
pub trait ManyShape<T> {
    /// Returns the shape.
    fn __shape(&self) -> Param<Many, T>;
}

/// `Option<T>`: an optional value.
pub trait MaybeShape<T> {
    /// Returns the shape.
    fn __shape(&self) -> Param<Maybe, T>;
}

/// Any other type: exactly one value.
pub trait OneShape<T> {
    /// Returns the shape.
    fn __shape(&self) -> Param<One, T>;
}

impl<T> MaybeManyShape<T> for &&&Probe<Option<Vec<T>>> {
    fn __shape(&self) -> Param<MaybeMany, T> {
        Param::new(MaybeMany)
    }
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

/// A parameter to be read: its shape `S`, the type `T` of its values, and their constraints.
pub struct Param<S, T> {
    shape: S,
    constraints: Constraints<T>,
}

impl<S, T> Param<S, T> {
    pub(super) fn new(shape: S) -> Self {
        Self { shape, constraints: Constraints::none() }
    }
}

impl<S, T> Param<S, T> {
    /// Sets the value of an absent parameter: a `T`, or a `Vec<T>` for a parameter that takes many values.
    #[must_use]
    pub fn default<F: FnOnce() -> S::Default>(self, default: F) -> Param<Defaulted<S, F>, T>
    where
        S: CanBeAbsent<T>,
    {
        let shape = Defaulted { default, shape: self.shape };
        Param { shape, constraints: self.constraints }
    }

    /// Requires a parameter that takes many values to have at least one.
    #[must_use]
    pub fn required(self) -> Param<shape::Some, T>
    where
        S: IsList,
    {
        Param { shape: shape::Some, constraints: self.constraints }
    }

    /// Requires the value to be at least `limit`.
    #[must_use]
    pub fn ge(mut self, limit: T) -> Self
    where
        T: PartialOrd + Display,
    {
        self.constraints.ge(limit);
        self
    }

    /// Requires the value to be greater than `limit`.
    #[must_use]
    pub fn gt(mut self, limit: T) -> Self
    where
        T: PartialOrd + Display,
    {
        self.constraints.gt(limit);
        self
    }

    /// Requires the value to be at most `limit`.
    #[must_use]
    pub fn le(mut self, limit: T) -> Self
    where
        T: PartialOrd + Display,
    {
        self.constraints.le(limit);
        self
    }

    /// Requires the value to be less than `limit`.
    #[must_use]
    pub fn lt(mut self, limit: T) -> Self
    where
        T: PartialOrd + Display,
    {
        self.constraints.lt(limit);
        self
    }

    /// Requires the value to be a multiple of `step`.
    #[must_use]
    pub fn multiple_of(mut self, step: T) -> Self
    where
        T: MultipleOf + Display,
    {
        self.constraints.multiple_of(step);
        self
    }

    /// Requires the value to have at least this number of characters.
    #[must_use]
    pub fn min_length(mut self, characters: usize) -> Self
    where
        T: Text,
    {
        self.constraints.min_length(characters);
        self
    }

    /// Requires the value to have at most this number of characters.
    #[must_use]
    pub fn max_length(mut self, characters: usize) -> Self
    where
        T: Text,
    {
        self.constraints.max_length(characters);
        self
    }

    /// Requires the regular expression to match somewhere in the value.
    #[cfg(feature = "pattern")]
    #[must_use]
    pub fn pattern(mut self, pattern: &'static super::Pattern) -> Self
    where
        T: Text,
    {
        self.constraints.pattern(pattern);
        self
    }
}

#[cfg(feature = "describe")]
impl<S: Counted, T> Param<S, T> {
    /// Returns the parameter as data.
    pub(crate) fn describe(&self, schema: SchemaOf) -> TextDescription {
        TextDescription {
            shape: S::SHAPE,
            is_required: S::IS_REQUIRED,
            constraints: self.constraints.describe(),
            schema,
        }
    }
}

/// The shapes by the number of their values.
#[cfg(feature = "describe")]
pub trait Counted {
    /// The number.
    const SHAPE: description::Shape;
    /// `true` if a handshake without a value is refused.
    const IS_REQUIRED: bool = false;
}

#[cfg(feature = "describe")]
impl Counted for One {
    const SHAPE: description::Shape = description::Shape::One;
    const IS_REQUIRED: bool = true;
}

#[cfg(feature = "describe")]
impl Counted for Maybe {
    const SHAPE: description::Shape = description::Shape::Optional;
}

#[cfg(feature = "describe")]
impl Counted for Many {
    const SHAPE: description::Shape = description::Shape::Many;
}

#[cfg(feature = "describe")]
impl Counted for MaybeMany {
    const SHAPE: description::Shape = description::Shape::Many;
}

#[cfg(feature = "describe")]
impl Counted for shape::Some {
    const SHAPE: description::Shape = description::Shape::Many;
    const IS_REQUIRED: bool = true;
}

/// A shape: the number of values that a parameter has, and the type that the endpoint receives for them.
///
/// The bound on `T` is not on the trait but on the methods that read a value, so that only they report its absence.
pub trait Shape<T>: Sized {
    /// The type that the endpoint receives.
    type Value;

    /// Reads the parameter from its values. Returns `None` if a mistake was added to the field's errors.
    #[doc(hidden)]
    fn read(
        param: Param<Self, T>,
        values: &mut dyn Iterator<Item = RawValue<'_>>,
        field: Field<'_>,
    ) -> Option<Self::Value>
    where
        T: FromText;
}

// If a scalar is repeated, the last value counts, as in FastAPI.
impl<T> Shape<T> for One {
    type Value = T;

    fn read(
        param: Param<Self, T>,
        values: &mut dyn Iterator<Item = RawValue<'_>>,
        mut field: Field<'_>,
    ) -> Option<T>
    where
        T: FromText,
    {
        let Some(raw) = values.last() else {
            field.missing();
            return None;
        };
        field.value(&raw, None, &param.constraints)
    }
}

impl<T> Shape<T> for Maybe {
    type Value = Option<T>;

    fn read(
        param: Param<Self, T>,
        values: &mut dyn Iterator<Item = RawValue<'_>>,
        mut field: Field<'_>,
    ) -> Option<Option<T>>
    where
        T: FromText,
    {
        match values.last() {
            Some(raw) => field.value(&raw, None, &param.constraints).map(Some),
            None => Some(None),
        }
    }
}

impl<T> Shape<T> for Many {
    type Value = Vec<T>;

    fn read(
        param: Param<Self, T>,
        values: &mut dyn Iterator<Item = RawValue<'_>>,
        mut field: Field<'_>,
    ) -> Option<Vec<T>>
    where
        T: FromText,
    {
        let mut read = Some(Vec::new());
        for (index, raw) in values.enumerate() {
            match (field.value(&raw, Some(index), &param.constraints), &mut read) {
                (Some(value), Some(read)) => read.push(value),
                // Further values are read only to find their mistakes, so this stops when no more mistakes are kept.
                (None, _) if field.is_full() => return None,
                _ => read = None,
            }
        }
        read
    }
}

impl<T> Shape<T> for MaybeMany {
    type Value = Option<Vec<T>>;

    fn read(
        param: Param<Self, T>,
        values: &mut dyn Iterator<Item = RawValue<'_>>,
        field: Field<'_>,
    ) -> Option<Option<Vec<T>>>
    where
        T: FromText,
    {
        let mut values = values.peekable();
        if values.peek().is_none() {
            return Some(None);
        }
        Many::read(Param { shape: Many, constraints: param.constraints }, &mut values, field).map(Some)
    }
}

impl<T> Shape<T> for shape::Some {
    type Value = Vec<T>;

    fn read(
        param: Param<Self, T>,
        values: &mut dyn Iterator<Item = RawValue<'_>>,
        mut field: Field<'_>,
    ) -> Option<Vec<T>>
    where
        T: FromText,
    {
        let mut values = values.peekable();
        if values.peek().is_none() {
            field.missing();
            return None;
        }
        Many::read(Param { shape: Many, constraints: param.constraints }, &mut values, field)
    }
}

impl<T, S: CanBeAbsent<T>, F: FnOnce() -> S::Default> Shape<T> for Defaulted<S, F> {
    type Value = S::Value;

    fn read(
        param: Param<Self, T>,
        values: &mut dyn Iterator<Item = RawValue<'_>>,
        field: Field<'_>,
    ) -> Option<S::Value>
    where
        T: FromText,
    {
        let Defaulted { default, shape } = param.shape;
        let mut values = values.peekable();
        if values.peek().is_none() {
            return Some(S::absent(default()));
        }
        S::read(Param { shape, constraints: param.constraints }, &mut values, field)
    }
}

/// The shapes that can have a default.
pub trait CanBeAbsent<T>: Shape<T> {
    /// The type of the default.
    type Default;

    /// Converts the default.
    #[doc(hidden)]
    fn absent(default: Self::Default) -> Self::Value;
}

impl<T> CanBeAbsent<T> for One {
    type Default = T;

    fn absent(default: T) -> T {
        default
    }
}

impl<T> CanBeAbsent<T> for Maybe {
    type Default = T;

    fn absent(default: T) -> Option<T> {
        Some(default)
    }
}

impl<T> CanBeAbsent<T> for Many {
    type Default = Vec<T>;

    fn absent(default: Vec<T>) -> Vec<T> {
        default
    }
}

impl<T> CanBeAbsent<T> for MaybeMany {
    type Default = Vec<T>;

    fn absent(default: Vec<T>) -> Option<Vec<T>> {
        Some(default)
    }
}

/// The shapes that the key `required` is for.
#[diagnostic::on_unimplemented(
    message = "`required` is for a `Vec`, which is empty without a value",
    label = "remove it: a value of any other type is required, unless it is an `Option` or has a default"
)]
pub trait IsList {}
impl IsList for Many {}

/// The shapes that a path parameter `<id>` can have: those of one value.
#[diagnostic::on_unimplemented(
    message = "a path parameter is one segment, not many",
    label = "one segment cannot be a `Vec`",
    note = "write `<name..>` as the last segment of the path to take all that remain"
)]
pub trait Segment {}
impl Segment for One {}
impl Segment for Maybe {}

/// The shapes that `<rest..>` can have: a `String`, or a `Vec` of segments.
#[diagnostic::on_unimplemented(
    message = "`<rest..>` is a `String` or a `Vec` of segments",
    label = "expected `String` or `Vec<T>`",
    note = "without segments the text, or the `Vec`, is empty"
)]
pub trait Rest {
    /// `true` if each segment is a separate value.
    #[doc(hidden)]
    const BY_SEGMENT: bool;
}

impl Rest for One {
    const BY_SEGMENT: bool = false;
}

impl Rest for Many {
    const BY_SEGMENT: bool = true;
}
