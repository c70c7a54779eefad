//! [`App`]: everything that a server serves.

use std::{any::type_name, fmt, panic::Location, time::Duration};

use tokio::net::TcpListener;

use crate::{
    Address, BuildError, ErrorHandler, FallbackService, Guard, IntoClose, Listener, Router, ServeFuture,
    Service, ShutdownHandle,
    connection::EVER,
    options::option_setters,
    routing::{Mistake, Nested, mount, scope_setters},
    serve::{self, Fallback, Server, cannot_listen},
    state::StateMap,
};

/// A WebSocket application: endpoints, the state they share, and what holds for all of them.
///
/// ```no_run
/// # use ws_runtime::{routes, websocket, App, Result, WebSocket};
/// #[websocket("/echo")]
/// async fn echo(mut ws: WebSocket) -> Result {
///     loop {
///         let text = ws.recv_text().await?;
///         ws.send_text(text).await?;
///     }
/// }
///
/// #[tokio::main]
/// async fn main() -> Result<(), ws_runtime::ServeError> {
///     App::new().routes(routes![echo]).run("127.0.0.1:8000").await
/// }
/// ```
#[derive(Default)]
#[must_use]
pub struct App {
    root: Router,
    state: StateMap,
    duplicate_states: Vec<Mistake>,
    fallback: Option<Fallback>,
    server: Server,
}

impl App {
    /// An app with nothing in it.
    pub fn new() -> Self {
        Self::default()
    }

    scope_setters!(root.scope; root.routes; root.nested);

    /// Shares a value with every endpoint that has a [`State<T>`](crate::State) parameter: one value for each type.
    #[track_caller]
    pub fn state<T: Send + Sync + 'static>(mut self, state: T) -> Self {
        if self.state.insert(state) {
            let mistake = Mistake::duplicate_state(type_name::<T>(), Location::caller());
            self.duplicate_states.push(mistake);
        }
        self
    }

    /// Has a tower service answer the requests whose path is no endpoint's, in place of 404: pages, files, and whatever
    /// else is HTTP. The last one that is set counts.
    ///
    /// ```
    /// # use ws_runtime::{routes, websocket, App, Result, WebSocket};
    /// # #[websocket("/echo")]
    /// # async fn echo(ws: WebSocket) -> Result { let _ = ws; Ok(()) }
    /// use axum::{response::Html, routing::get};
    ///
    /// let pages = axum::Router::new().route("/", get(async || Html("<h1>Echo</h1>")));
    /// let app = App::new().routes(routes![echo]).fallback(pages);
    /// ```
    ///
    /// An endpoint's path stays the endpoint's, whatever the method: a plain GET there is still 426. A request has
    /// [`ClientAddr`](crate::ClientAddr) in its extensions. How large its body may be, and how long an answer may take,
    /// is the service's to say; `max_connections` does not count it. A panic in the service is logged and answered 500.
    /// While the server shuts down, new requests are answered 503 and those that have begun are completed, within the
    /// shutdown deadline.
    pub fn fallback(mut self, service: impl FallbackService) -> Self {
        self.fallback = Some(service.into_fallback());
        self
    }

    /// Sets how long a client may take to send a request head, from the first byte or from the answer to the request
    /// before, and how long until that first byte; then the TCP connection is dropped. Default: 10 seconds.
    pub fn handshake_timeout(mut self, timeout: Duration) -> Self {
        self.server.handshake_timeout = timeout.min(EVER);
        self
    }

    /// Sets how large a request head may grow, in bytes, 8 KiB at least; then it is answered 431. It is looked at between
    /// reads, so that somewhat more may pass. Default: 64 KiB.
    pub fn max_head_size(mut self, bytes: usize) -> Self {
        // hyper takes no less.
        self.server.max_head_size = bytes.max(8 * 1024);
        self
    }

    /// Sets how many connections may be open that have not sent a whole request head yet, 1 at least. Further ones wait until
    /// they are accepted, or until [`serve_connection`](Service::serve_connection) goes on with theirs, which counts as time
    /// until the first byte. A connection whose requests are answered by a [fallback](Self::fallback) does not count any more.
    /// Default: 1024.
    pub fn max_handshakes(mut self, connections: usize) -> Self {
        self.server.max_handshakes = connections;
        self
    }

    /// Sets how many connections may be open, handshakes among them; one more is answered 503. Default: any number.
    pub fn max_connections(mut self, connections: usize) -> Self {
        self.server.max_connections = connections;
        self
    }

    /// Sets what every connection is closed with at shutdown. Default: 1001 `Server shutting down`.
    pub fn shutdown_close(mut self, close: impl IntoClose) -> Self {
        self.server.ending.close = close.into_close();
        self
    }

    /// Sets how long endpoints that wait for [`WebSocket::shutdown`](crate::WebSocket::shutdown) may take to end by
    /// themselves. Default: 5 seconds.
    pub fn shutdown_grace(mut self, grace: Duration) -> Self {
        self.server.ending.grace = grace.min(EVER);
        self
    }

    /// Sets how long a shutdown may take, the grace period included; then what is left is dropped. Default: 10
    /// seconds, after which `docker stop` kills. An endpoint whose connection is over has half of it.
    ///
    /// A future can only be dropped while it waits. An endpoint that blocks its thread, by a computation or by a call that is
    /// not `async`, keeps the runtime, and so the process, until it returns, whatever the deadline says; so does a
    /// `spawn_blocking` of its own. Let it wait now and then (`tokio::task::yield_now`), or end the process by
    /// [`std::process::exit`] once [`run`](Self::run) has returned.
    pub fn shutdown_deadline(mut self, deadline: Duration) -> Self {
        self.server.ending.deadline = deadline.min(EVER);
        self
    }

    /// Sets whether SIGTERM and Ctrl-C end [`run`](Self::run) and [`serve`](Self::serve). Default: they do.
    pub fn handle_signals(mut self, handle: bool) -> Self {
        self.server.handle_signals = handle;
        self
    }

    /// What ends the server from within the program.
    #[must_use]
    pub fn shutdown_handle(&self) -> ShutdownHandle {
        self.server.shutdown.clone()
    }

    /// Checks the app and makes it ready to serve.
    ///
    /// # Errors
    ///
    /// Every mistake at once: routes that overlap, state that a parameter asks for and nobody set, two handlers for
    /// one type in one scope, prefixes that are not static paths.
    pub fn build(self) -> Result<Service, BuildError> {
        let mut server = self.server;
        if let Some(timeout) = self.root.scope.options.send_timeout {
            server.send_timeout = timeout.min(EVER);
        }
        let mounts = mount(self.root, self.state, self.duplicate_states)?;
        Ok(Service::new(mounts, self.fallback, server))
    }

    /// The app as a [`tower_service::Service`], to mount in an axum `Router`, under tower layers or on a hyper server.
    ///
    /// # Panics
    ///
    /// With the report of [`build`](Self::build), if there are mistakes in the app.
    #[must_use]
    #[track_caller]
    pub fn into_service(self) -> Service {
        match self.build() {
            Ok(service) => service,
            Err(error) => panic!("{error}"),
        }
    }

    /// Serves on a TCP address, such as `"127.0.0.1:8000"`, until SIGTERM, Ctrl-C or the
    /// [handle](Self::shutdown_handle) ends it; then every connection is closed with 1001, and it returns.
    ///
    /// If the future is dropped, the address is free at once, and the connections that are open go on.
    ///
    /// # Errors
    ///
    /// If the app does not [`build`](Self::build), or the address cannot be bound.
    pub fn run<'a>(self, address: impl Address + 'a) -> ServeFuture<'a> {
        ServeFuture(Box::pin(async move {
            let service = self.build()?;
            let named = format!("{address:?}");
            let listener = TcpListener::bind(address).await.map_err(|error| cannot_listen(&named, &error))?;
            serve::listen(listener, service).await
        }))
    }

    /// Serves on a TCP listener, as [`run`](Self::run) does on an address.
    ///
    /// # Errors
    ///
    /// If the app does not [`build`](Self::build).
    pub fn serve(self, listener: impl Listener) -> ServeFuture<'static> {
        let listener = listener.into_tcp();
        ServeFuture(Box::pin(async move { serve::listen(listener, self.build()?).await }))
    }
}

/// As [`App::into_service`], which panics with a report if there are mistakes in the app.
impl From<App> for Service {
    #[track_caller]
    fn from(app: App) -> Self {
        app.into_service()
    }
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").field("root", &self.root).finish_non_exhaustive()
    }
}
