//! [`Dependency`]: functions whose values other functions take as parameters.

#[cfg(feature = "test-client")]
use std::any::TypeId;
use std::{future::Future, pin::Pin};

#[cfg(feature = "test-client")]
use super::{Declared, Plain};
use super::{Extraction, Requirements, Settle};
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

/// The return type of a function with `#[dependency]`: `Result<T, E>`, for any error with a close code. Only the function itself
/// asserts it, so that a mistake is reported once.
#[diagnostic::on_unimplemented(
    message = "a dependency cannot return `{Self}`",
    label = "expected `Result<{Self}, E>`, where `E` has a close code",
    note = "if it cannot fail, write `ws_runtime::Result<{Self}>`, and return `Ok(..)`"
)]
pub trait Fallible {}

impl<T, E: Into<Error>> Fallible for Result<T, E> {}

/// The return type of the dependency `D`, which provides a `T`.
// It has a parameter for the dependency, so that what one `impl` takes for granted says nothing of other dependencies.
pub trait Provides<T, D> {
    /// Returns the value.
    ///
    /// # Errors
    ///
    /// Returns the error of the dependency, if it failed.
    fn provided(self) -> Result<T, Error>;
}

impl<T, D, E: Into<Error>> Provides<T, D> for Result<T, E> {
    fn provided(self) -> Result<T, Error> {
        self.map_err(Into::into)
    }
}

/// Returns the value that a dependency returned.
///
/// # Errors
///
/// Returns the error of the dependency, if it failed.
pub fn provided<D, T, R: Fallible + Provides<T, D>>(returned: R) -> Result<T, Error> {
    returned.provided()
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
    Made: Awaited<T> + Send + 'a,
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
    label = "expected `async fn(&Handshake) -> Result<{T}, E>`",
    note = "`#[dependency]` makes one of a function that is not `async`"
)]
pub trait Awaited<T>: Future {}

#[diagnostic::do_not_recommend]
impl<T, F: Future> Awaited<T> for F {}

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
