//! [`Argument`]: what the functions of a request accept as the value of a parameter.
//!
//! Each trait has a second parameter that nobody names. It tells the implementations apart, so that the compiler accepts
//! them beside each other, and finds the only one that fits.

use std::{borrow::Cow, fmt::Display};

use serde::Serialize;

use super::Values;
use crate::Query;

/// A value of a parameter of type `T`. The second type is found by the compiler.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be written as a parameter of type `{T}`",
    label = "expected a value of type `{T}` that implements `Display`",
    note = "an `Option<T>` takes a `T`, a `Vec<T>` takes one `T` or a list, and a `String` takes a `&str`"
)]
pub trait Argument<T, S> {
    #[doc(hidden)]
    fn __write(self, values: &mut Values);
}

/// One value of type `T`: a `T`, a `&T`, or text where `T` is a `String`. The second type is found by the compiler.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be written as a parameter of type `{T}`",
    label = "expected a value of type `{T}` that implements `Display`",
    note = "an `Option<T>` takes a `T`, a `Vec<T>` takes one `T` or a list, and a `String` takes a `&str`"
)]
pub trait Value<T, S> {
    #[doc(hidden)]
    fn __push(self, values: &mut Values);
}

/// The fields of a whole query `Q`, which is a [`Query<T>`]. The second type is found by the compiler.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be written as a query of type `{Q}`",
    label = "expected the struct within `{Q}`",
    note = "the struct must implement `serde::Serialize`"
)]
pub trait Whole<Q, S> {
    #[doc(hidden)]
    fn __fields(self) -> impl Serialize;
}

/// What tells the implementations apart.
mod form {
    use std::marker::PhantomData;

    #[derive(Debug)]
    pub struct Owned;
    #[derive(Debug)]
    pub struct Lent;
    #[derive(Debug)]
    pub struct Text;
    #[derive(Debug)]
    pub struct Wrapped;
    #[derive(Debug)]
    pub struct One<S>(PhantomData<S>);
    #[derive(Debug)]
    pub struct Maybe<S>(PhantomData<S>);
    #[derive(Debug)]
    pub struct Each<S>(PhantomData<S>);
    #[derive(Debug)]
    pub struct Many<S>(PhantomData<S>);
}

use form::{Each, Lent, Many, Maybe, One, Owned, Text, Wrapped};

#[diagnostic::do_not_recommend]
impl<T: Display> Value<T, Owned> for T {
    fn __push(self, values: &mut Values) {
        values.push(&self);
    }
}

#[diagnostic::do_not_recommend]
impl<T: Display> Value<T, Lent> for &T {
    fn __push(self, values: &mut Values) {
        values.push(self);
    }
}

impl Value<String, Text> for &str {
    fn __push(self, values: &mut Values) {
        values.push(&self);
    }
}

impl Value<String, Text> for &&str {
    fn __push(self, values: &mut Values) {
        values.push(self);
    }
}

impl Value<String, Text> for Cow<'_, str> {
    fn __push(self, values: &mut Values) {
        values.push(&self);
    }
}

#[diagnostic::do_not_recommend]
impl<T, S, V: Value<T, S>> Argument<T, One<S>> for V {
    fn __write(self, values: &mut Values) {
        self.__push(values);
    }
}

#[diagnostic::do_not_recommend]
impl<T, S, V: Value<T, S>> Argument<Option<T>, Maybe<S>> for V {
    fn __write(self, values: &mut Values) {
        self.__push(values);
    }
}

#[diagnostic::do_not_recommend]
impl<T: Display> Argument<Option<T>, Wrapped> for Option<T> {
    fn __write(self, values: &mut Values) {
        if let Some(value) = self {
            values.push(&value);
        }
    }
}

#[diagnostic::do_not_recommend]
impl<T, S, V: Value<T, S>> Argument<Vec<T>, Each<S>> for V {
    fn __write(self, values: &mut Values) {
        (values.many, values.adds) = (true, true);
        self.__push(values);
    }
}

#[diagnostic::do_not_recommend]
impl<T, S, V> Argument<Vec<T>, Many<S>> for V
where
    V: IntoIterator,
    V::Item: Value<T, S>,
{
    fn __write(self, values: &mut Values) {
        (values.many, values.adds) = (true, true);
        self.into_iter().for_each(|value| value.__push(values));
    }
}

#[diagnostic::do_not_recommend]
impl<T: Serialize> Whole<Query<T>, Owned> for T {
    fn __fields(self) -> impl Serialize {
        self
    }
}

#[diagnostic::do_not_recommend]
impl<T: Serialize> Whole<Query<T>, Lent> for &T {
    fn __fields(self) -> impl Serialize {
        self
    }
}

#[diagnostic::do_not_recommend]
impl<T: Serialize> Whole<Query<T>, Wrapped> for Query<T> {
    fn __fields(self) -> impl Serialize {
        self.0
    }
}
