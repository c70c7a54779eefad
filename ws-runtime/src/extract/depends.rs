//! [`Depends`]: the use of a dependency as a parameter, and what is wrong with it if it does not compile.

use std::{
    any::{TypeId, type_name},
    marker::PhantomData,
    ops::Deref,
};

use super::{DeclaredDependency, Dependency, Extraction, Making, PlainDependency, Requirements, memo::Begun};
use crate::Handshake;

/// A function in `#[depends(function)]`, and the type of its parameter: `(&&&&Depends::<User, _>::on(user)).__need()`.
///
/// Method lookup tries the type with all references first, as for [`Probe`](super::Probe). It tells apart functions
/// with and without `#[dependency]`, and values that can be cloned and those that cannot.
#[derive(Debug)]
pub struct Depends<T, F>(Unsuited<T, F>);

impl<T, F> Depends<T, F> {
    /// Names the function.
    pub fn on(function: F) -> Self {
        Self(Unsuited { function, value: PhantomData })
    }
}

/// What method lookup comes to last: a function that has no `#[dependency]`, and takes something else than a handshake.
#[derive(Debug)]
pub struct Unsuited<T, F> {
    function: F,
    value: PhantomData<fn() -> T>,
}

impl<T, F> Deref for Depends<T, F> {
    type Target = Unsuited<T, F>;

    fn deref(&self) -> &Unsuited<T, F> {
        &self.0
    }
}

impl<T, F: Copy> Unsuited<T, F> {
    /// Returns a use that does not compile.
    pub fn __need(&self) -> Need<T, Self> {
        Need { source: Self { function: self.function, value: PhantomData }, share: None }
    }
}

/// Nothing implements it.
#[diagnostic::on_unimplemented(
    message = "this function is not a dependency",
    label = "a function whose parameters are not just `&Handshake` needs `#[dependency]`",
    note = "write `#[dependency]` on the function, as in `#[dependency] async fn item(id: u64) -> Result<{T}, E>`"
)]
pub trait IsDependency<T> {
    /// Begins the dependency.
    fn begin(cx: &mut Extraction) -> Begun<T>;
}

impl<T, F> Need<T, Unsuited<T, F>> {
    /// Reports that the function is not a dependency.
    pub fn begin(self, cx: &mut Extraction) -> Begun<T>
    where
        F: IsDependency<T>,
    {
        F::begin(cx)
    }
}

impl<T, F> Source for Unsuited<T, F> {
    fn require<V>(&self, _: bool, _: &mut Requirements) {}
}

/// A function of the handshake alone.
pub trait TakesHandshake<'a> {}

impl<'a, F: Fn(&'a Handshake) -> Made, Made> TakesHandshake<'a> for F {}

/// One use of a dependency.
pub struct Need<T, S> {
    source: S,
    share: Option<fn(&T) -> T>,
}

/// A function with `#[dependency]`.
#[derive(Debug)]
pub struct Declared<D>(PhantomData<fn() -> D>);

/// A function with `#[dependency]`, whose value has the type `V`, and not the parameter's.
#[derive(Debug)]
pub struct OfOtherType<D, V>(PhantomData<fn() -> (D, V)>);

/// A function with `#[dependency]` which does not compile itself. Its uses add nothing to that error.
#[derive(Debug)]
pub struct Mistaken;

/// A function of the handshake alone.
#[derive(Debug)]
pub struct Plain<F>(F);

/// `#[dependency]`, and a value that can be cloned.
pub trait SharedDeclared<T, D> {
    /// Returns the use.
    fn __need(&self) -> Need<T, Declared<D>>;
}

/// `#[dependency]`.
pub trait OwnedDeclared<T, D> {
    /// Returns the use.
    fn __need(&self) -> Need<T, Declared<D>>;
}

/// `#[dependency]`, and a value of another type, or an error in the dependency itself.
pub trait OtherDeclared<T, S, V> {
    /// Returns the use.
    fn __need(&self) -> Need<T, S>;
}

/// A function of the handshake, and a value that can be cloned.
pub trait SharedPlain<T, F> {
    /// Returns the use.
    fn __need(&self) -> Need<T, Plain<F>>;
}

/// A function of the handshake.
pub trait OwnedPlain<T, F> {
    /// Returns the use.
    fn __need(&self) -> Need<T, Plain<F>>;
}

impl<T: Clone, F: Fn() -> D, D: Dependency<T>> SharedDeclared<T, D> for &&&Depends<T, F> {
    fn __need(&self) -> Need<T, Declared<D>> {
        Need { source: Declared(PhantomData), share: Some(T::clone) }
    }
}

impl<T, F: Fn() -> D, D: Dependency<T>> OwnedDeclared<T, D> for &&Depends<T, F> {
    fn __need(&self) -> Need<T, Declared<D>> {
        Need { source: Declared(PhantomData), share: None }
    }
}

impl<T, F: Fn() -> D, D: Dependency<V>, V> OtherDeclared<T, OfOtherType<D, V>, V> for &Depends<T, F> {
    fn __need(&self) -> Need<T, OfOtherType<D, V>> {
        Need { source: OfOtherType(PhantomData), share: None }
    }
}

impl<T, F: Fn() -> D, D: DeclaredDependency> OtherDeclared<T, Mistaken, D> for Depends<T, F> {
    fn __need(&self) -> Need<T, Mistaken> {
        Need { source: Mistaken, share: None }
    }
}

impl<T: Clone, F: Copy + for<'a> TakesHandshake<'a>> SharedPlain<T, F> for &Depends<T, F> {
    fn __need(&self) -> Need<T, Plain<F>> {
        Need { source: Plain(self.0.function), share: Some(T::clone) }
    }
}

impl<T, F: Copy + for<'a> TakesHandshake<'a>> OwnedPlain<T, F> for Depends<T, F> {
    fn __need(&self) -> Need<T, Plain<F>> {
        Need { source: Plain(self.0.function), share: None }
    }
}

impl<T, D> Need<T, Declared<D>> {
    /// Begins the dependency, unless it has begun for this handshake.
    pub fn begin(self, cx: &mut Extraction) -> Begun<T>
    where
        T: Send + 'static,
        D: Dependency<T>,
    {
        cx.begin(TypeId::of::<D>(), self.share, D::begin)
    }
}

/// Nothing implements it.
#[diagnostic::on_unimplemented(
    message = "the dependency `{D}` does not provide a `{T}`",
    label = "expected a function that returns `Result<{T}, E>`",
    note = "it provides a `{Self}`"
)]
pub trait IsProvidedAs<T, D> {}

impl<T, D, V> Need<T, OfOtherType<D, V>> {
    /// Reports that the value has another type.
    #[must_use]
    pub fn begin(self, _: &mut Extraction) -> Begun<T>
    where
        V: IsProvidedAs<T, D>,
    {
        unreachable!("nothing implements `IsProvidedAs`")
    }
}

impl<T> Need<T, Mistaken> {
    /// Does nothing, as the dependency does not compile.
    #[must_use]
    pub fn begin(self, _: &mut Extraction) -> Begun<T> {
        unreachable!("the dependency does not compile")
    }
}

impl<T, F> Need<T, Plain<F>> {
    /// Begins the dependency, unless it has begun for this handshake.
    pub fn begin(self, cx: &mut Extraction) -> Begun<T>
    where
        T: Send + 'static,
        F: for<'a> PlainDependency<'a, T> + Send + Sync + 'static,
    {
        let Plain(function) = self.source;
        cx.begin(TypeId::of::<F>(), self.share, |cx| begin_plain(function, cx))
    }
}

fn begin_plain<T, F>(function: F, cx: &Extraction) -> Making<T>
where
    F: for<'a> PlainDependency<'a, T> + Send + Sync + 'static,
{
    let handshake = cx.handshake().clone();
    Box::pin(async move { function.call(&handshake).await })
}

/// A function in `#[depends(function)]`, before anything is known of its value.
pub trait Source {
    /// Records the use. `shared` says that the value can be cloned.
    #[doc(hidden)]
    fn require<T>(&self, shared: bool, requirements: &mut Requirements);
}

impl<D: DeclaredDependency> Source for Declared<D> {
    fn require<T>(&self, shared: bool, requirements: &mut Requirements) {
        requirements.dependency::<D, T>(shared, D::requires);
    }
}

impl<D, V> Source for OfOtherType<D, V> {
    fn require<T>(&self, _: bool, _: &mut Requirements) {}
}

impl Source for Mistaken {
    fn require<T>(&self, _: bool, _: &mut Requirements) {}
}

impl<F: 'static> Source for Plain<F> {
    fn require<T>(&self, shared: bool, requirements: &mut Requirements) {
        requirements.dependency::<F, T>(shared, |_| {});
    }
}

impl<T, S: Source> Need<T, S> {
    pub(super) fn require(&self, requirements: &mut Requirements) {
        self.source.require::<T>(self.share.is_some(), requirements);
    }
}

impl<T, S> std::fmt::Debug for Need<T, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Need<{}>", type_name::<T>())
    }
}
