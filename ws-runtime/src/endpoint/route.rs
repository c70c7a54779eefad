//! [`Route`]: an endpoint to be mounted, with its options and requirements.

use std::{fmt, sync::Arc};

use super::{
    Endpoint, Guard, SharedGuard,
    run::{Start, run_endpoint},
};
use crate::{
    EndpointInfo, Parameter, Requirements,
    connection::Running,
    options::{Options, option_setters},
};

/// An endpoint to be mounted: what [`Endpoint::route`] returns and [`routes!`](crate::routes) collects.
#[must_use]
pub struct Route {
    pub(crate) info: EndpointInfo,
    pub(crate) run: fn(Start) -> Running,
    pub(crate) options: Options,
    pub(crate) guards: Vec<SharedGuard>,
    pub(crate) requirements: Requirements,
}

impl Route {
    /// A route to `E`.
    pub fn new<E: Endpoint>(info: EndpointInfo) -> Self {
        Self {
            info,
            run: run_endpoint::<E>,
            options: Options::default(),
            guards: Vec::new(),
            requirements: Requirements::default(),
        }
    }

    /// Takes note of what a parameter requires of the app.
    pub fn requires<T>(mut self, parameter: &Parameter<T>) -> Self {
        (parameter.requires)(&mut self.requirements);
        self
    }

    /// Adds a [guard](Guard), behind those that are there.
    pub fn before_accept<G>(mut self, guard: G) -> Self
    where
        G: for<'a> Guard<'a> + Send + Sync + 'static,
    {
        self.guards.push(Arc::new(guard));
        self
    }

    /// The endpoint.
    #[must_use]
    pub fn endpoint(&self) -> &EndpointInfo {
        &self.info
    }

    option_setters!(options);
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Route")
            .field("endpoint", &self.info)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

/// The routes of endpoints, by name or path, for `routes` of [`App`](crate::App) and [`Router`](crate::Router).
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
/// Each name is that of a type. A function without `#[websocket]` has none, so rustc says "expected type, found function",
/// and cannot say that the attribute is missing.
#[macro_export]
macro_rules! routes {
    ($($endpoint:tt)*) => {
        $crate::__private::routes_of!([$crate] $($endpoint)*)
    };
}

/// Endpoints to be mounted: what [`routes!`](crate::routes) makes, or any other [`Route`]s.
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

/// An endpoint to be mounted: a [`Route`], and nothing else.
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
