//! How a function makes a parameter: from the handshake alone, or with `#[dependency]`.

use std::{any::TypeId, future::Future, marker::PhantomData};

use super::{ClosesOf, Describing, Failing, KnownError as _, errors::any_error};
use crate::{Error, Handshake, OnError};

/// A function with `#[dependency]`, as the attribute describes it.
pub trait DescribedDependency: 'static {
    /// Describes its parameters and its error.
    fn describe(describing: &mut Describing);
}

/// How a function makes a parameter.
#[derive(Debug, Clone, Copy)]
pub enum MadeBy {
    /// From the handshake alone.
    Plain(ClosesOf),
    /// With `#[dependency]`, from parameters of its own.
    Declared(TypeId, fn(&mut Describing)),
}

/// The error of a function of the handshake, or a whole function with `#[dependency]`.
#[derive(Debug)]
pub struct DeclaredBy<D>(PhantomData<fn() -> D>);

impl<D: DescribedDependency> DeclaredBy<D> {
    /// How the parameter is made.
    #[must_use]
    #[allow(clippy::unused_self)] // The value has the type.
    pub fn __made(&self) -> MadeBy {
        MadeBy::Declared(TypeId::of::<D>(), D::describe)
    }
}

/// The error of a function of the handshake is known.
pub trait MadeWithKnownError {
    /// How the parameter is made.
    fn __made(&self) -> MadeBy;
}

impl<E: OnError> MadeWithKnownError for &Failing<E> {
    fn __made(&self) -> MadeBy {
        MadeBy::Plain(self.__closes())
    }
}

/// The error may be any.
pub trait MadeWithAnyError {
    /// How the parameter is made.
    fn __made(&self) -> MadeBy;
}

impl<E> MadeWithAnyError for Failing<E> {
    fn __made(&self) -> MadeBy {
        MadeBy::Plain(ClosesOf { returns: self.returns, collect: any_error })
    }
}

/// A function with `#[dependency]`.
pub trait DeclaredFunction<D> {
    /// The function.
    fn __error(&self) -> DeclaredBy<D>;
}

impl<T, F, D> DeclaredFunction<D> for &&Dependency<'_, T, F>
where
    F: Fn() -> D,
    D: DescribedDependency,
{
    fn __error(&self) -> DeclaredBy<D> {
        DeclaredBy(PhantomData)
    }
}

/// A function that makes a `T`: `(&&(&&&Dependency::<T, _>::new(&f)).__error()).__made()`.
#[derive(Debug)]
pub struct Dependency<'a, T, F>(PhantomData<fn(&'a F) -> T>);

impl<'a, T, F> Dependency<'a, T, F> {
    /// The function, which is not called.
    #[must_use]
    pub fn new(_: &'a F) -> Self {
        Self(PhantomData)
    }
}

/// An async function of the handshake.
pub trait DependencyError<E> {
    /// The error type.
    fn __error(&self) -> Failing<E>;
}

impl<T, F, Made, E> DependencyError<E> for &Dependency<'_, T, F>
where
    F: Fn(&'static Handshake) -> Made,
    Made: Future<Output = Result<T, E>>,
{
    fn __error(&self) -> Failing<E> {
        Failing::NEW
    }
}

/// Any other function.
pub trait NoDependencyError {
    /// An error that is not known.
    fn __error(&self) -> Failing<Error>;
}

impl<T, F> NoDependencyError for Dependency<'_, T, F> {
    fn __error(&self) -> Failing<Error> {
        Failing::NEW
    }
}
