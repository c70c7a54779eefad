//! [`Route`]: an endpoint that can be mounted, with its options and requirements.

#[cfg(feature = "test-client")]
use std::any::TypeId;
use std::{fmt, panic::Location, sync::Arc};

use super::{
    Contract, Endpoint, ErrorHandler, Guard, Handlers, SharedGuard,
    run::{Start, run_endpoint},
};
#[cfg(feature = "describe")]
use crate::describing::Describing;
use crate::{
    EndpointInfo, Parameter, Requirements,
    connection::Running,
    extract::{Need, Source},
    options::{Options, option_setters},
};

/// An endpoint that can be mounted, as [`Endpoint::route`] returns it and [`routes!`](crate::routes) collects it.
#[must_use]
pub struct Route {
    pub(crate) info: EndpointInfo,
    pub(crate) run: fn(Start) -> Running,
    #[cfg(feature = "describe")]
    pub(crate) describe: fn(&mut Describing),
    pub(crate) options: Options,
    pub(crate) guards: Vec<SharedGuard>,
    pub(crate) handlers: Handlers,
    pub(crate) requirements: Requirements,
    /// The endpoint, or the contract that it implements. Requests find it by this.
    #[cfg(feature = "test-client")]
    pub(crate) requested_as: TypeId,
}

impl Route {
    /// Creates a route to the endpoint `E`.
    pub fn new<E: Endpoint>(info: EndpointInfo) -> Self {
        Self {
            info,
            run: run_endpoint::<E>,
            #[cfg(feature = "describe")]
            describe: E::describe,
            options: Options::default(),
            guards: Vec::new(),
            handlers: Handlers::default(),
            requirements: Requirements::default(),
            #[cfg(feature = "test-client")]
            requested_as: TypeId::of::<E>(),
        }
    }

    /// Creates a route to the endpoint `E`, which implements a contract: it has the path and the options of the contract.
    pub fn of_contract<E: Endpoint, C: Contract>(
        name: &'static str,
        module_path: &'static str,
        file: &'static str,
        line: u32,
    ) -> Self {
        let route = C::route(Self::new::<E>(EndpointInfo::new(name, C::PATH, module_path, file, line)));
        Self {
            #[cfg(feature = "test-client")]
            requested_as: TypeId::of::<C>(),
            ..route
        }
    }

    /// Creates the route of a contract, which nothing implements.
    #[doc(hidden)]
    #[cfg(feature = "request")]
    pub fn unimplemented<C: Contract>() -> Self {
        let info = EndpointInfo::new("", C::PATH, "", "", 0);
        C::route(Self::new::<Unimplemented>(info))
    }

    /// Returns the subprotocols of the endpoint.
    #[cfg(any(feature = "client", feature = "test-client"))]
    pub(crate) fn subprotocols_offered(self) -> Vec<String> {
        self.options.subprotocols.unwrap_or_default()
    }

    /// Records what a parameter requires of the app.
    pub fn requires<T>(mut self, parameter: &Parameter<T>) -> Self {
        (parameter.requires)(&mut self.requirements);
        self
    }

    /// Records that a parameter reads `<name>` from the path, which the prefix of a router has to provide.
    pub fn reads_path(mut self, name: &'static str) -> Self {
        self.requirements.path(name);
        self
    }

    /// Records that a parameter takes the value of a dependency.
    pub fn depends<T, S: Source>(mut self, need: &Need<T, S>) -> Self {
        self.requirements.depends(need);
        self
    }

    /// Adds a [guard](Guard), which runs after those that were added before.
    pub fn before_accept<G>(mut self, guard: G) -> Self
    where
        G: for<'a> Guard<'a> + Send + Sync + 'static,
    {
        self.guards.push(Arc::new(guard));
        self
    }

    /// Handles the errors of one type that this endpoint returns, before any router or the app does. With
    /// [`Error`](crate::Error) as the type, it handles all errors that have no handler of their own here.
    #[track_caller]
    pub fn on_error<E: 'static, H: ErrorHandler<E>>(mut self, handler: H) -> Self {
        self.handlers.insert(handler, Location::caller());
        self
    }

    /// Returns the description of the endpoint.
    #[must_use]
    pub fn endpoint(&self) -> &EndpointInfo {
        &self.info
    }

    option_setters!(options);
}

/// The endpoint of a contract that nothing implements. It is never mounted.
#[cfg(feature = "request")]
struct Unimplemented;

#[cfg(feature = "request")]
impl Endpoint for Unimplemented {
    fn route() -> Route {
        Route::new::<Self>(EndpointInfo::new("", "/", "", "", 0))
    }

    async fn run(_: crate::Extraction, _: crate::Upgrade) -> super::Outcome {
        Ok(None)
    }
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Route")
            .field("endpoint", &self.info)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

/// Creates the routes of endpoints, given by name or path, for `routes` of [`App`](crate::App) and
/// [`Router`](crate::Router).
///
/// ```
/// # use ws_runtime::{routes, websocket, App, Result, WebSocket};
/// mod chat {
/// #   use ws_runtime::{websocket, Result, WebSocket};
///     #[websocket("/chat")]
///     pub async fn join(ws: WebSocket) -> Result {
/// #       let _ = ws;
///         Ok(())
///     }
/// }
///
/// #[websocket("/echo")]
/// async fn echo(ws: WebSocket) -> Result {
/// #   let _ = ws;
///     Ok(())
/// }
///
/// let app = App::new().routes(routes![echo, chat::join]);
/// ```
///
/// Each name has to be the name of a type. A function without `#[websocket]` declares none, so rustc reports
/// "expected type, found function" and cannot say that the attribute is missing.
#[macro_export]
macro_rules! routes {
    ($($endpoint:tt)*) => {
        $crate::__private::routes_of!([$crate] $($endpoint)*)
    };
}

/// Endpoints that can be mounted: the result of [`routes!`](crate::routes), or any other collection of [`Route`]s.
#[diagnostic::on_unimplemented(
    message = "endpoints are mounted by `.routes(routes![name, ..])`",
    label = "expected `routes![..]`",
    note = "each name is that of a function with `#[websocket(\"/path\")]`, which has the path"
)]
pub trait IntoRoutes {
    #[doc(hidden)]
    fn into_routes(self) -> impl Iterator<Item = Route>;
}

#[diagnostic::do_not_recommend]
impl<T: IntoIterator<Item = Route>> IntoRoutes for T {
    fn into_routes(self) -> impl Iterator<Item = Route> {
        self.into_iter()
    }
}

/// An endpoint that can be mounted: only [`Route`] implements this trait.
#[diagnostic::on_unimplemented(
    message = "endpoints are mounted by `.routes(routes![name, ..])`",
    label = "expected a `Route`; write `.routes(routes![name])`",
    note = "each name is that of a function with `#[websocket(\"/path\")]`, which has the path"
)]
pub trait IntoRoute {
    #[doc(hidden)]
    fn into_route(self) -> Route;
}

impl IntoRoute for Route {
    fn into_route(self) -> Route {
        self
    }
}
