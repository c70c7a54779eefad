//! [`Router`]: endpoints under a prefix, with their own options, guards and error handlers.

use std::{fmt, panic::Location};

use crate::{
    ErrorHandler, Guard, Route,
    endpoint::{Handlers, SharedGuard},
    options::{Options, option_setters},
};

/// Declares the setters that [`App`](crate::App) and [`Router`] share.
macro_rules! scope_setters {
    ($($scope:ident).+; $($routes:ident).+; $($nested:ident).+) => {
        /// Mounts an endpoint.
        pub fn route(mut self, route: impl $crate::IntoRoute) -> Self {
            self.$($routes).+.push(route.into_route());
            self
        }

        /// Mounts several endpoints: [`routes![a, b]`](crate::routes).
        pub fn routes(mut self, routes: impl $crate::IntoRoutes) -> Self {
            self.$($routes).+.extend(routes.into_routes());
            self
        }

        /// Mounts a router under a prefix, such as `/api`. The options of the router override those set here, its
        /// handlers take precedence, and its guards run after those set here.
        ///
        /// An endpoint with the path `/` answers the prefix itself. The prefix may have parameters, such as
        /// `/tenants/<tenant>`, which every endpoint below can read as `#[path] tenant: String`, every
        /// [dependency](macro@crate::dependency) as `tenant: String`, and every guard as `handshake.path("tenant")`.
        #[track_caller]
        pub fn nest(mut self, prefix: impl Into<String>, router: impl $crate::IntoRouter) -> Self {
            let declared = Location::caller();
            let router = router.into_router();
            self.$($nested).+.push(Nested { prefix: Some(prefix.into()), router, declared });
            self
        }

        /// Mounts a router without a prefix, so that its options, guards and error handlers apply to its endpoints
        /// alone. They relate to those set here as in [`nest`](Self::nest).
        #[track_caller]
        pub fn merge(mut self, router: impl $crate::IntoRouter) -> Self {
            let (declared, router) = (Location::caller(), router.into_router());
            self.$($nested).+.push(Nested { prefix: None, router, declared });
            self
        }

        /// Handles the errors of one type that the endpoints in this scope return. With [`Error`](crate::Error) as
        /// the type, it handles all errors that have no handler of their own in this scope. The innermost scope that
        /// has a handler decides.
        #[track_caller]
        pub fn on_error<E: 'static, H: ErrorHandler<E>>(mut self, handler: H) -> Self {
            self.$($scope).+.handlers.insert(handler, Location::caller());
            self
        }

        /// Adds a [guard](Guard) for every endpoint in this scope, which runs after those that were added before.
        pub fn before_accept<G>(mut self, guard: G) -> Self
        where
            G: for<'a> Guard<'a> + Send + Sync + 'static,
        {
            self.$($scope).+.guards.push(::std::sync::Arc::new(guard));
            self
        }

        option_setters!($($scope).+.options);
        $crate::elsewhere::methods!();
    };
}

pub(crate) use scope_setters;

/// A group of endpoints that share a prefix, options, guards and error handlers.
///
/// ```
/// # use ws_runtime::{routes, websocket, App, Rejection, Result, Router, WebSocket};
/// # #[websocket("/items")]
/// # async fn items(ws: WebSocket) -> Result { let _ = ws; Ok(()) }
/// let api = Router::new().routes(routes![items]).rejection(Rejection::Http);
/// let app = App::new().nest("/api", api);
/// ```
#[derive(Default)]
#[must_use]
pub struct Router {
    pub(crate) scope: Scope,
    pub(crate) routes: Vec<Route>,
    pub(crate) nested: Vec<Nested>,
}

/// A router that can be mounted under a prefix: only [`Router`] implements this trait.
#[diagnostic::on_unimplemented(
    message = "a `Router` is mounted under a prefix, not a `{Self}`",
    label = "expected `Router::new().routes(routes![name, ..])`"
)]
pub trait IntoRouter {
    #[doc(hidden)]
    fn into_router(self) -> Router;
}

impl IntoRouter for Router {
    fn into_router(self) -> Router {
        self
    }
}

/// The settings of an app or a router that apply to everything in it.
#[derive(Default)]
pub(crate) struct Scope {
    pub(crate) options: Options,
    pub(crate) guards: Vec<SharedGuard>,
    pub(crate) handlers: Handlers,
}

/// A router nested within another.
pub(crate) struct Nested {
    /// `None` if it is merged.
    pub(crate) prefix: Option<String>,
    pub(crate) router: Router,
    pub(crate) declared: &'static Location<'static>,
}

impl Router {
    /// Creates an empty `Router`.
    pub fn new() -> Self {
        Self::default()
    }

    scope_setters!(scope; routes; nested);

    crate::elsewhere::serving_methods!(crate::BuildError);
}

impl fmt::Debug for Router {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nested: Vec<_> = self.nested.iter().map(|nested| (&nested.prefix, &nested.router)).collect();
        f.debug_struct("Router")
            .field("routes", &self.routes)
            .field("nested", &nested)
            .finish_non_exhaustive()
    }
}
