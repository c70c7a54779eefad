//! [`Probe`]: how generated code learns the shape of a parameter from its type.

use std::marker::PhantomData;

use super::{
    Param,
    shape::{Many, Maybe, MaybeMany, One},
};

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
