//! [`Router`]: endpoints under a prefix, with options, guards and handlers of their own.

use std::{fmt, panic::Location};

use crate::{
    ErrorHandler, Guard, Route,
    endpoint::{Handlers, SharedGuard},
    options::{Options, option_setters},
};

/// The setters that [`App`](crate::App) and [`Router`] share.
macro_rules! scope_setters {
    ($($scope:ident).+; $($routes:ident).+; $($nested:ident).+) => {
        /// Mounts an endpoint.
        pub fn route(mut self, route: impl $crate::IntoRoute) -> Self {
            self.$($routes).+.push(route.into_route());
            self
        }

        /// Mounts endpoints: [`routes![a, b]`](crate::routes).
        pub fn routes(mut self, routes: impl $crate::IntoRoutes) -> Self {
            self.$($routes).+.extend(routes.into_routes());
            self
        }

        /// Mounts a router under a static prefix, such as `/api`. Its options override those here, its handlers are
        /// asked first, and its guards run after those here.
        #[track_caller]
        pub fn nest(mut self, prefix: impl Into<String>, router: impl $crate::IntoRouter) -> Self {
            let declared = Location::caller();
            let router = router.into_router();
            self.$($nested).+.push(Nested { prefix: prefix.into(), router, declared });
            self
        }

        /// Handles the errors of one type that leave the endpoints in this scope; with [`Error`](crate::Error) as the
        /// type, all that have no handler of their own here. The innermost scope with a handler decides.
        #[track_caller]
        pub fn on_error<E: 'static, H: ErrorHandler<E>>(mut self, handler: H) -> Self {
            self.$($scope).+.handlers.insert(handler, Location::caller());
            self
        }

        /// Adds a [guard](Guard) for every endpoint in this scope, behind those that are there.
        pub fn before_accept<G>(mut self, guard: G) -> Self
        where
            G: for<'a> Guard<'a> + Send + Sync + 'static,
        {
            self.$($scope).+.guards.push(::std::sync::Arc::new(guard));
            self
        }

        option_setters!($($scope).+.options);
        $crate::elsewhere::methods!();
        $crate::elsewhere::serving_methods!($crate::BuildError);
    };
}

pub(crate) use scope_setters;

/// Endpoints that share a prefix, options, guards and error handlers.
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

/// What is mounted under a prefix: a [`Router`], and nothing else.
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

/// What an app or a router says of all that is in it.
#[derive(Default)]
pub(crate) struct Scope {
    pub(crate) options: Options,
    pub(crate) guards: Vec<SharedGuard>,
    pub(crate) handlers: Handlers,
}

/// A router within another.
pub(crate) struct Nested {
    pub(crate) prefix: String,
    pub(crate) router: Router,
    pub(crate) declared: &'static Location<'static>,
}

impl Router {
    /// A router with nothing in it.
    pub fn new() -> Self {
        Self::default()
    }

    scope_setters!(scope; routes; nested);
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
