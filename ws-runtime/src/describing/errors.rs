//! How an error type, and the return type of a function, ends connections.

use std::{convert::Infallible, marker::PhantomData};

use super::{Extracted, Returns};
use crate::{Close, Closes, Error, FromHandshake, OnError, SocketError};

/// An error type: `(&&Failing::<E>::NEW).__closes()`.
#[derive(Debug)]
pub struct Failing<E> {
    pub(super) returns: Returns,
    error: PhantomData<fn() -> E>,
}

impl<E> Failing<E> {
    /// The error type.
    pub const NEW: Self = Self::beside(Returns::Unit);

    const fn beside(returns: Returns) -> Self {
        Self { returns, error: PhantomData }
    }
}

/// How an error type ends connections.
#[derive(Debug, Clone, Copy)]
pub struct ClosesOf {
    pub(super) returns: Returns,
    pub(super) collect: fn(&mut Closes),
}

impl ClosesOf {
    /// Adds the closes to those of another type.
    pub fn add_to(self, closes: &mut Closes) {
        (self.collect)(closes);
    }
}

/// An error type that ends connections.
pub trait KnownError {
    /// How.
    fn __closes(&self) -> ClosesOf;
}

impl<E: OnError> KnownError for &Failing<E> {
    fn __closes(&self) -> ClosesOf {
        ClosesOf { returns: self.returns, collect: Closes::of::<E> }
    }
}

/// Any error type, such as [`Error`], which may hide every other.
pub trait AnyError {
    /// How it ends connections is not known.
    fn __closes(&self) -> ClosesOf;
}

impl<E> AnyError for Failing<E> {
    fn __closes(&self) -> ClosesOf {
        ClosesOf { returns: self.returns, collect: any_error }
    }
}

pub(super) fn any_error(closes: &mut Closes) {
    closes.hidden::<Error>();
    closes.of::<SocketError>();
}

/// A parameter's type has an error.
pub trait ExtractedError<E> {
    /// The error type.
    fn __error(&self) -> Failing<E>;
}

impl<T: FromHandshake> ExtractedError<T::Error> for &Extracted<T> {
    fn __error(&self) -> Failing<T::Error> {
        Failing::NEW
    }
}

/// Nothing is known of a parameter's type, which rustc reports elsewhere.
pub trait NoExtractedError {
    /// No error.
    fn __error(&self) -> Failing<Infallible>;
}

impl<T> NoExtractedError for Extracted<T> {
    fn __error(&self) -> Failing<Infallible> {
        Failing::NEW
    }
}

/// The return type of an endpoint: `(&&Returned::<Result<(), E>>::NEW).__error()`.
#[derive(Debug)]
pub struct Returned<T>(PhantomData<fn() -> T>);

impl<T> Returned<T> {
    /// The type.
    pub const NEW: Self = Self(PhantomData);
}

/// The return types that an endpoint may have.
pub trait Ending {
    /// The error.
    type Error;
    #[doc(hidden)]
    const RETURNS: Ends;
}

/// What a return type holds beside an error.
#[derive(Debug)]
pub struct Ends(Returns);

impl Ending for () {
    type Error = Infallible;
    const RETURNS: Ends = Ends(Returns::Unit);
}

impl Ending for Close {
    type Error = Infallible;
    const RETURNS: Ends = Ends(Returns::Close);
}

impl<E> Ending for Result<(), E> {
    type Error = E;
    const RETURNS: Ends = Ends(Returns::Unit);
}

impl<E> Ending for Result<Close, E> {
    type Error = E;
    const RETURNS: Ends = Ends(Returns::Close);
}

/// A return type that an endpoint may have.
pub trait ReturnedError<E> {
    /// The error type.
    fn __error(&self) -> Failing<E>;
}

impl<T: Ending> ReturnedError<T::Error> for &Returned<T> {
    fn __error(&self) -> Failing<T::Error> {
        Failing::beside(T::RETURNS.0)
    }
}

/// The return type of a dependency.
pub trait ProvidedError<E> {
    /// The error type.
    fn __error(&self) -> Failing<E>;
}

impl<T, E> ProvidedError<E> for &&Returned<Result<T, E>> {
    fn __error(&self) -> Failing<E> {
        Failing::NEW
    }
}

/// Any other return type, which rustc reports elsewhere.
pub trait NoReturnedError {
    /// An error that is not known.
    fn __error(&self) -> Failing<Error>;
}

impl<T> NoReturnedError for Returned<T> {
    fn __error(&self) -> Failing<Error> {
        Failing::beside(Returns::Unknown)
    }
}
