//! [`Endpoint`]: the trait that `#[websocket]` implements.

mod contract;
mod dispatch;
mod guard;
mod route;
mod run;

use std::future::Future;

#[cfg(feature = "describe")]
use crate::describing::Describing;
use crate::{Close, Error, Extraction, Upgrade};

#[cfg(feature = "request")]
pub use contract::Messages;
pub use contract::{Contract, Declares, Implemented, Reading, ReadsContract, Serves, same_messages};
pub use dispatch::{ErrorHandler, Handling};
pub(crate) use dispatch::{Handlers, catch_panic};
pub(crate) use guard::SharedGuard;
pub use guard::{Checking, Guard, Refusal, Verdict};
pub use route::{IntoRoute, IntoRoutes, Route};
pub(crate) use run::{Mounted, Start, close_for};

/// A WebSocket endpoint. `#[websocket]` on a function declares a type with the name of the function and implements
/// this trait for it.
///
/// The trait can also be implemented by hand, with the same result:
///
/// ```
/// use ws_runtime::{Connection, Endpoint, EndpointInfo, Extraction, IntoOutcome, Outcome, Route, Upgrade, WebSocket};
///
/// struct Echo;
///
/// impl Endpoint for Echo {
///     fn route() -> Route {
///         Route::new::<Self>(EndpointInfo::new("Echo", "/echo", module_path!(), file!(), line!()))
///     }
///
///     async fn run(_cx: Extraction, upgrade: Upgrade) -> Outcome {
///         let mut ws = <WebSocket>::open(upgrade).await?;
///         loop {
///             let message = ws.recv().await?;
///             ws.send(message).await?;
///         }
///     }
/// }
///
/// let app = ws_runtime::App::new().routes(ws_runtime::routes![Echo]);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an endpoint",
    label = "not an endpoint",
    note = "write `#[websocket(\"/path\")]` on an async function and name it here"
)]
pub trait Endpoint: 'static {
    /// Describes the endpoint: its pattern, its place in the source, its options, and what it requires of the app.
    fn route() -> Route;

    /// Describes what the macro knows beside that.
    #[cfg(feature = "describe")]
    #[doc(hidden)]
    fn describe(describing: &mut Describing) {
        describing.returns_unnamed();
    }

    /// Serves one connection, from the first parameter to the end.
    fn run(cx: Extraction, upgrade: Upgrade) -> impl Future<Output = Outcome> + Send + 'static;
}

/// The outcome of an endpoint. `Ok(None)` closes the connection with 1000, `Ok(Some(close))` with that close, and an
/// error with the close that it is mapped to.
pub type Outcome = Result<Option<Close>, Error>;

/// The types that an endpoint may return: `()`, [`Close`], or a `Result` of either with an error that has a close
/// code. No other type can implement it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an endpoint outcome",
    label = "expected `()`, `Close`, `Result<(), E>` or `Result<Close, E>`",
    note = "an endpoint ends with `()`, a `Close`, or a `Result` of either"
)]
pub trait IntoOutcome: sealed::Sealed {
    /// Converts the returned value.
    ///
    /// # Errors
    ///
    /// Returns the error that the endpoint returned.
    fn into_outcome(self) -> Outcome;
}

impl IntoOutcome for () {
    fn into_outcome(self) -> Outcome {
        Ok(None)
    }
}

impl IntoOutcome for Close {
    fn into_outcome(self) -> Outcome {
        Ok(Some(self))
    }
}

impl<E: Into<Error>> IntoOutcome for Result<(), E> {
    fn into_outcome(self) -> Outcome {
        self.map(|()| None).map_err(Into::into)
    }
}

impl<E: Into<Error>> IntoOutcome for Result<Close, E> {
    fn into_outcome(self) -> Outcome {
        self.map(Some).map_err(Into::into)
    }
}

mod sealed {
    use crate::Close;

    pub trait Sealed {}

    impl Sealed for () {}

    impl Sealed for Close {}

    impl<T, E> Sealed for Result<T, E> {}
}
