//! What the type of a parameter says: its texts, the fields of a query, and its default.

use std::{any::type_name, marker::PhantomData};

use crate::{
    FromHandshake, Query,
    description::{SchemaOf, TextDescription},
    extract::{Counted, Param, Words},
};

/// The default of a parameter.
#[derive(Debug)]
pub struct Default {
    pub(super) text: String,
    pub(super) is_computed: bool,
}

impl Default {
    /// A literal.
    #[must_use]
    pub fn literal(text: &str) -> Self {
        Self { text: text.to_owned(), is_computed: false }
    }

    /// An expression that must not be run to be described.
    #[must_use]
    pub fn computed(expression: &str) -> Self {
        Self { text: expression.to_owned(), is_computed: true }
    }
}

/// A constant that is a default, with the expression that names it.
#[derive(Debug)]
pub struct Constant<'a, T>(pub T, pub &'a str);

/// The constant can be written as text.
pub trait ShownConstant {
    /// The default.
    fn __default(&self) -> Default;
}

impl<T: std::fmt::Display> ShownConstant for &Constant<'_, T> {
    fn __default(&self) -> Default {
        Default { text: self.0.to_string(), is_computed: false }
    }
}

/// The constant can only be named.
pub trait NamedConstant {
    /// The default.
    fn __default(&self) -> Default;
}

impl<T> NamedConstant for Constant<'_, T> {
    fn __default(&self) -> Default {
        Default::computed(self.1)
    }
}

/// The texts of a parameter are all known.
pub trait TextOfWords {
    /// What the type and the keys say.
    fn __text(&self) -> TextDescription;
}

impl<S: Counted, T: Words> TextOfWords for &&Param<S, T> {
    fn __text(&self) -> TextDescription {
        self.describe(SchemaOf::words::<T>(T::WORDS))
    }
}

/// The type of a parameter has a schema.
#[cfg(feature = "schema")]
pub trait TextWithSchema {
    /// What the type and the keys say.
    fn __text(&self) -> TextDescription;
}

#[cfg(feature = "schema")]
impl<S: Counted, T: schemars::JsonSchema> TextWithSchema for &Param<S, T> {
    fn __text(&self) -> TextDescription {
        self.describe(SchemaOf::read::<T>())
    }
}

/// The type of a parameter is any type.
pub trait TextOfAnyType {
    /// What the keys say.
    fn __text(&self) -> TextDescription;
}

impl<S: Counted, T> TextOfAnyType for Param<S, T> {
    fn __text(&self) -> TextDescription {
        self.describe(SchemaOf::unknown::<T>())
    }
}

/// The type of a parameter that is made from the handshake: `(&&&Extracted::<Query<Page>>::NEW).__query()`.
#[derive(Debug)]
pub struct Extracted<T>(PhantomData<fn() -> T>);

impl<T> Extracted<T> {
    /// The type.
    pub const NEW: Self = Self(PhantomData);
}

/// The query parameters that a type reads.
#[derive(Debug)]
pub struct ReadsQuery {
    /// The name of the type.
    pub(super) name: &'static str,
    pub(super) reads: QueryOf,
}

#[derive(Debug)]
pub(super) enum QueryOf {
    None,
    /// Those of a type without a schema.
    Unlisted,
    #[cfg(feature = "schema")]
    Struct(SchemaOf),
}

/// A whole query whose fields are known.
#[cfg(feature = "schema")]
pub trait QueryWithSchema {
    /// The query parameters.
    fn __query(&self) -> ReadsQuery;
}

#[cfg(feature = "schema")]
impl<T: schemars::JsonSchema> QueryWithSchema for &&Extracted<Query<T>> {
    fn __query(&self) -> ReadsQuery {
        ReadsQuery { name: "", reads: QueryOf::Struct(SchemaOf::read::<T>()) }
    }
}

/// A whole query.
pub trait QueryOfAnyType {
    /// The query parameters.
    fn __query(&self) -> ReadsQuery;
}

impl<T> QueryOfAnyType for &Extracted<Query<T>> {
    fn __query(&self) -> ReadsQuery {
        ReadsQuery { name: "", reads: QueryOf::Unlisted }
    }
}

/// No whole query.
pub trait NoQuery {
    /// The query parameters.
    fn __query(&self) -> ReadsQuery;
}

impl<T> NoQuery for Extracted<T> {
    fn __query(&self) -> ReadsQuery {
        ReadsQuery { name: type_name::<T>(), reads: QueryOf::None }
    }
}

/// A type is made from the handshake, and is no text.
pub trait IsWhole {
    /// `true`.
    fn __is_whole(&self) -> bool;
}

impl<T: FromHandshake> IsWhole for &Extracted<T> {
    fn __is_whole(&self) -> bool {
        true
    }
}

/// A type may be a text.
pub trait IsNotWhole {
    /// `false`.
    fn __is_whole(&self) -> bool;
}

impl<T> IsNotWhole for Extracted<T> {
    fn __is_whole(&self) -> bool {
        false
    }
}
