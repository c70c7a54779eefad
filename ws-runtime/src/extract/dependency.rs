//! [`Dependency`]: functions whose values other functions take as parameters.

use std::{
    any::{TypeId, type_name},
    future::Future,
    marker::PhantomData,
    ops::Deref,
    pin::Pin,
};

use super::{Extraction, Requirements, Settle, memo::Begun};
use crate::{Error, Handshake};

/// A boxed future that makes the value of a dependency.
pub type Making<T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send>>;

/// A function with [`#[dependency]`](macro@crate::dependency) that provides a `T`. Only the attribute implements it.
#[diagnostic::on_unimplemented(
    message = "the dependency `{Self}` does not provide a `{T}`",
    label = "expected a function that returns `Result<{T}, E>`"
)]
pub trait Dependency<T>: DeclaredDependency {
    /// Reads the function's text parameters, whose mistakes go to `cx`, and returns the future that calls the function.
    /// The future runs only if no parameter of the whole endpoint has a mistake.
    fn begin(cx: &mut Extraction) -> Making<T>;
}

/// What a function with `#[dependency]` declares, without its type.
pub trait DeclaredDependency: Send + Sync + 'static {
    /// Declares what the parameters require of the app and of the endpoint's path.
    fn requires(requirements: &mut Requirements);
}

/// The return type of a function with `#[dependency]`: `Result<T, E>`. That `E` has a close code is said once, by
/// [`Settle`].
#[diagnostic::on_unimplemented(
    message = "a dependency cannot return `{Self}`",
    label = "expected `Result<T, E>`, where `E` has a close code",
    note = "if it cannot fail, return `Ok(..)` with `ws_runtime::Result<T>`"
)]
pub trait Provides {
    /// The type of the value.
    type Value;
}

impl<T, E> Provides for Result<T, E> {
    type Value = T;
}

/// A dependency without an attribute: an `async fn(&Handshake) -> Result<T, E>`, where `E` is any error with a close
/// code.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a dependency",
    label = "expected `async fn(&Handshake) -> Result<{T}, E>`",
    note = "a function with other parameters needs `#[dependency]`"
)]
pub trait PlainDependency<'a, T> {
    /// Calls the function.
    fn call(&self, handshake: &'a Handshake) -> BoxFuture<'a, Result<T, Error>>;
}

type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

impl<'a, T, F, Made> PlainDependency<'a, T> for F
where
    F: Fn(&'a Handshake) -> Made,
    Made: Awaited + Send + 'a,
    Made::Output: Settle<T>,
{
    fn call(&self, handshake: &'a Handshake) -> BoxFuture<'a, Result<T, Error>> {
        let made = self(handshake);
        Box::pin(async move { made.await.settle() })
    }
}

/// The future that a call of a dependency returns. It stands in for `Future` so that the compiler's message is clear.
#[diagnostic::on_unimplemented(
    message = "a dependency is an `async fn`",
    label = "expected `async fn(&Handshake) -> Result<T, E>`",
    note = "`#[dependency]` makes one of a function that is not `async`"
)]
pub trait Awaited: Future {}

#[diagnostic::do_not_recommend]
impl<T: Future> Awaited for T {}

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

impl<T: Clone, F: Fn() -> D, D: DeclaredDependency> SharedDeclared<T, D> for &&&Depends<T, F> {
    fn __need(&self) -> Need<T, Declared<D>> {
        Need { source: Declared(PhantomData), share: Some(T::clone) }
    }
}

impl<T, F: Fn() -> D, D: DeclaredDependency> OwnedDeclared<T, D> for &&Depends<T, F> {
    fn __need(&self) -> Need<T, Declared<D>> {
        Need { source: Declared(PhantomData), share: None }
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

/// A function that provides a `T`, as [`TestClient::replace`](crate::TestClient::replace) takes it: a function with
/// [`#[dependency]`](macro@crate::dependency), or any `async fn(&Handshake) -> Result<T, E>`.
///
/// The second parameter only tells the two apart.
#[cfg(feature = "test-client")]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a dependency that provides a `{T}`",
    label = "expected a function with `#[dependency]`, or an `async fn(&Handshake) -> Result<{T}, E>`",
    note = "the two functions return values of one type"
)]
pub trait IntoDependency<T, Form>: Send + Sync + 'static {
    /// Returns the type by which the function is known.
    #[doc(hidden)]
    fn identity(&self) -> TypeId;

    /// Begins the dependency.
    #[doc(hidden)]
    fn begin(self: std::sync::Arc<Self>, cx: &mut Extraction) -> Making<T>;
}

#[cfg(feature = "test-client")]
impl<T, F, D> IntoDependency<T, Declared<D>> for F
where
    F: Fn() -> D + Send + Sync + 'static,
    D: Dependency<T>,
{
    fn identity(&self) -> TypeId {
        TypeId::of::<D>()
    }

    fn begin(self: std::sync::Arc<Self>, cx: &mut Extraction) -> Making<T> {
        D::begin(cx)
    }
}

#[cfg(feature = "test-client")]
impl<T, F> IntoDependency<T, Plain<()>> for F
where
    F: for<'a> PlainDependency<'a, T> + Send + Sync + 'static,
{
    fn identity(&self) -> TypeId {
        TypeId::of::<F>()
    }

    fn begin(self: std::sync::Arc<Self>, cx: &mut Extraction) -> Making<T> {
        let handshake = cx.handshake().clone();
        Box::pin(async move { (*self).call(&handshake).await })
    }
}

/// A function that stands in for a dependency.
#[cfg(feature = "test-client")]
pub(crate) struct Replacement<T>(Begin<T>);

/// Begins to make the value.
#[cfg(feature = "test-client")]
type Begin<T> = Box<dyn Fn(&mut Extraction) -> Making<T> + Send + Sync>;

#[cfg(feature = "test-client")]
impl<T: 'static> Replacement<T> {
    pub(crate) fn new<Form>(function: impl IntoDependency<T, Form>) -> Self {
        let function = std::sync::Arc::new(function);
        Self(Box::new(move |cx| std::sync::Arc::clone(&function).begin(cx)))
    }

    pub(super) fn begin(&self, cx: &mut Extraction) -> Making<T> {
        (self.0)(cx)
    }
}
