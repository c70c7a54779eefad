//! [`Guard`]: a check that runs before everything else on a connection.

use std::{future::Future, pin::Pin, sync::Arc};

use crate::{Closes, Error, Handshake, OnError};

/// A check that runs before the parameters are read: an `async fn(&Handshake) -> Result<(), E>`, where `E` is any
/// error with a close code.
///
/// Guards add up: those of the app run first, then those of the routers from the outside in, then those of the
/// endpoint.
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

    /// Declares how the guard refuses connections, for [`App::describe`](crate::App::describe) (feature `describe`).
    /// For a function it follows from its error type. By default, the close is decided at run time.
    fn closes(&self, closes: &mut Closes) {
        closes.decided_at_run_time();
    }
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

    fn closes(&self, closes: &mut Closes) {
        <Checked::Output as Verdict>::closes(closes);
    }
}

/// The future that a call of a guard returns. It stands in for `Future` so that the compiler's message is clear.
#[diagnostic::on_unimplemented(
    message = "a guard is an `async fn`",
    label = "expected `async fn(&Handshake) -> Result<(), E>`"
)]
pub trait Checking: Future {}

#[diagnostic::do_not_recommend]
impl<T: Future> Checking for T {}

/// The result of a guard: `Result<(), E>`, where `E` is any error with a close code.
#[diagnostic::on_unimplemented(
    message = "a guard returns `Result<(), E>`, not `{Self}`",
    label = "expected `async fn(&Handshake) -> Result<(), E>`",
    note = "`Ok(())` lets the connection pass, `Err(Close::new(CloseCode::POLICY_VIOLATION, \"..\"))` refuses it",
    note = "a value for the endpoint comes from a dependency: `#[depends(function)]` at a parameter"
)]
pub trait Verdict {
    /// Converts the result of the guard.
    ///
    /// # Errors
    ///
    /// Returns the error that the guard returned.
    fn verdict(self) -> Result<(), Error>;

    /// Declares the closes of the error.
    fn closes(closes: &mut Closes);
}

impl<E: Refusal> Verdict for Result<(), E> {
    fn verdict(self) -> Result<(), Error> {
        self.map_err(Into::into)
    }

    fn closes(closes: &mut Closes) {
        E::closes(closes);
    }
}

/// The error of a guard: any error with a close code, or [`Error`] itself.
// The words are those of `CloseError`, which rustc no longer names where another implementation could be meant.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no close code",
    label = "`{Self}` has no close code; if it is yours derive `CloseError` or write `#[on_error]`, else `.or_close(code, reason)?`",
    note = "as a `Box<dyn std::error::Error + Send + Sync>`, which `?` converts into, any error closes 1011"
)]
pub trait Refusal: Into<Error> {
    /// Declares the closes.
    fn closes(closes: &mut Closes);
}

#[diagnostic::do_not_recommend]
impl<E: OnError> Refusal for E {
    fn closes(closes: &mut Closes) {
        closes.of::<E>();
    }
}

impl Refusal for Error {
    fn closes(closes: &mut Closes) {
        closes.hidden::<Self>();
    }
}

/// A guard as a scope stores it.
pub(crate) type SharedGuard = Arc<dyn for<'a> Guard<'a> + Send + Sync>;
