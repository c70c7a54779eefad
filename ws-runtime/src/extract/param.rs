//! [`Param`]: a parameter with its shape and its constraints.

use std::fmt::Display;

#[cfg(feature = "describe")]
use super::Counted;
use super::{
    CanBeAbsent, FromText, IsList, MultipleOf, RawValue, Shape, Text,
    constraints::Constraints,
    field::Field,
    shape::{AtLeastOne, Defaulted},
};
#[cfg(feature = "describe")]
use crate::description::{SchemaOf, TextDescription};

/// A parameter to be read: its shape `S`, the type `T` of its values, and their constraints.
pub struct Param<S, T> {
    shape: S,
    constraints: Constraints<T>,
}

impl<S, T> Param<S, T> {
    pub(super) fn new(shape: S) -> Self {
        Self { shape, constraints: Constraints::none() }
    }

    /// Reads the parameter from its values. Returns `None` if a mistake was added to the field's errors.
    pub(super) fn read(
        self,
        values: &mut dyn Iterator<Item = RawValue<'_>>,
        field: Field<'_>,
    ) -> Option<S::Value>
    where
        S: Shape<T>,
        T: FromText,
    {
        self.shape.read(&self.constraints, values, field)
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
    pub fn required(self) -> Param<AtLeastOne<S>, T>
    where
        S: IsList,
    {
        Param { shape: AtLeastOne(self.shape), constraints: self.constraints }
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
