//! [`Guard`]: a check that runs before anything else of a connection.

use std::{future::Future, pin::Pin, sync::Arc};

use crate::{Error, Handshake};

/// A check that runs before the parameters are read: `async fn(&Handshake) -> Result<(), E>`, for any error with a
/// close code.
///
/// Guards accumulate: those of the app run first, then those of the routers from outside in, then the endpoint's.
///
/// ```
/// use ws_runtime::{App, Close, CloseCode, Handshake};
///
/// async fn from_home(handshake: &Handshake) -> Result<(), Close> {
///     match handshake.client_addr() {
///         Some(address) if address.ip().is_loopback() => Ok(()),
///         _ => Err(Close::new(CloseCode::POLICY_VIOLATION, "only from here")),
///     }
/// }
///
/// let app = App::new().before_accept(from_home);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a guard",
    label = "expected `async fn(&Handshake) -> Result<(), E>`",
    note = "a guard is an `async fn` that takes `&Handshake` and returns `Result<(), E>`, where `E` has a close code"
)]
pub trait Guard<'a> {
    /// Checks the handshake.
    fn check(&self, handshake: &'a Handshake) -> BoxFuture<'a, Result<(), Error>>;
}

type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

impl<'a, F, Checked> Guard<'a> for F
where
    F: Fn(&'a Handshake) -> Checked,
    Checked: Checking + Send + 'a,
    Checked::Output: Verdict,
{
    fn check(&self, handshake: &'a Handshake) -> BoxFuture<'a, Result<(), Error>> {
        let checked = self(handshake);
        Box::pin(async move { checked.await.verdict() })
    }
}

/// What calling a guard makes: a future. It stands in the place of `Future` for what the compiler says.
#[diagnostic::on_unimplemented(
    message = "a guard is an `async fn`",
    label = "expected `async fn(&Handshake) -> Result<(), E>`"
)]
pub trait Checking: Future {}

#[diagnostic::do_not_recommend]
impl<T: Future> Checking for T {}

/// What a guard returns: `Result<(), E>`, for any error with a close code.
#[diagnostic::on_unimplemented(
    message = "a guard returns `Result<(), E>`, not `{Self}`",
    label = "expected `async fn(&Handshake) -> Result<(), E>`",
    note = "`Ok(())` lets the connection pass, `Err(Close::new(CloseCode::POLICY_VIOLATION, \"..\"))` refuses it",
    note = "a value for the endpoint comes from a dependency: `#[depends(function)]` at a parameter"
)]
pub trait Verdict {
    /// The verdict.
    ///
    /// # Errors
    ///
    /// The guard's own.
    fn verdict(self) -> Result<(), Error>;
}

impl<E: Into<Error>> Verdict for Result<(), E> {
    fn verdict(self) -> Result<(), Error> {
        self.map_err(Into::into)
    }
}

/// A guard as scopes hold it.
pub(crate) type SharedGuard = Arc<dyn for<'a> Guard<'a> + Send + Sync>;
