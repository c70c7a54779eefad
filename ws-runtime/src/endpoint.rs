//! [`Endpoint`]: the contract that `#[websocket]` fills in.

use std::{borrow::Cow, fmt, future::Future};

use crate::{Close, Error, Extraction, Route, SocketError, Upgrade};

/// A WebSocket endpoint. `#[websocket]` on a function makes a type of the function's name that implements it.
///
/// By hand, which the macro does no better:
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
    /// Describes the endpoint: its pattern, where it is written, its options and what it requires of the app.
    fn route() -> Route;

    /// Serves one connection, from the first parameter to the end.
    fn run(cx: Extraction, upgrade: Upgrade) -> impl Future<Output = Outcome> + Send + 'static;
}

/// How an endpoint ended: `Ok(None)` closes 1000, `Ok(Some(close))` and an error as they say.
pub type Outcome = Result<Option<Close>, Error>;

/// What an endpoint may return: `()`, [`Close`], or a `Result` of either with an error that has a close code. No other type
/// can implement it.
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
    /// The error that the endpoint returned.
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

/// What the last parameter of an endpoint may be: [`WebSocket`](crate::WebSocket), accepted before the body runs,
/// or [`Upgrade`], which the body accepts itself.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a connection",
    label = "the last parameter is `WebSocket` or `Upgrade`",
    note = "add the connection as the last parameter: `mut ws: WebSocket`"
)]
pub trait Connection: Sized + Send {
    /// Makes the connection of an upgrade.
    ///
    /// # Errors
    ///
    /// If the peer is gone.
    fn open(upgrade: Upgrade) -> impl Future<Output = Result<Self, SocketError>> + Send;
}

impl Connection for Upgrade {
    async fn open(upgrade: Upgrade) -> Result<Self, SocketError> {
        Ok(upgrade)
    }
}

/// What an endpoint is and where it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointInfo {
    name: &'static str,
    path: Cow<'static, str>,
    module_path: &'static str,
    file: &'static str,
    line: u32,
}

impl EndpointInfo {
    /// Describes an endpoint; `path` is its pattern.
    #[must_use]
    pub const fn new(
        name: &'static str,
        path: &'static str,
        module_path: &'static str,
        file: &'static str,
        line: u32,
    ) -> Self {
        Self { name, path: Cow::Borrowed(path), module_path, file, line }
    }

    /// The function's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.name
    }

    /// The pattern, with the prefixes of the routers that the endpoint is nested in: `/api/items/<id>/ws`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The module that the function is in: `my_crate::items`.
    #[must_use]
    pub fn module_path(&self) -> &str {
        self.module_path
    }

    /// The source file, as the compiler was given it.
    #[must_use]
    pub fn file(&self) -> &str {
        self.file
    }

    /// The line in that file, from 1.
    #[must_use]
    pub fn line(&self) -> u32 {
        self.line
    }

    pub(crate) fn nest(&mut self, prefix: &str) {
        self.path = Cow::Owned(format!("{prefix}{}", self.path));
    }
}

impl fmt::Display for EndpointInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` ({}) at {}:{}", self.name, self.path, self.file, self.line)
    }
}

mod sealed {
    use crate::Close;

    pub trait Sealed {}

    impl Sealed for () {}

    impl Sealed for Close {}

    impl<T, E> Sealed for Result<T, E> {}
}
