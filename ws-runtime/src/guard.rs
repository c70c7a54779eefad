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

impl<'a, F, Checked, E> Guard<'a> for F
where
    F: Fn(&'a Handshake) -> Checked,
    Checked: Future<Output = Result<(), E>> + Send + 'a,
    E: Into<Error>,
{
    fn check(&self, handshake: &'a Handshake) -> BoxFuture<'a, Result<(), Error>> {
        let checked = self(handshake);
        Box::pin(async move { checked.await.map_err(Into::into) })
    }
}

/// A guard as scopes hold it.
pub(crate) type SharedGuard = Arc<dyn for<'a> Guard<'a> + Send + Sync>;
