//! [`App`]: the endpoints of a server, and its settings.

#[cfg(feature = "describe")]
mod documents;

use std::{any::type_name, fmt, panic::Location, sync::Arc, time::Duration};

use tracing::Span;

use crate::{
    Address, BuildError, ErrorHandler, FallbackService, Guard, Handshake, IntoClose, IntoListeners,
    IntoProxies, Router, ServeFuture, Service, ShutdownHandle,
    connection::MAX_TIMEOUT,
    handshake::Proxies,
    listener::bind,
    options::option_setters,
    routing::{Mistake, Nested, mount, scope_setters},
    serve::{self, Content, Fallback, OnSpan, Page, Server},
    state::StateMap,
};

/// A WebSocket application: its endpoints, the state that they share, and the settings that apply to all of them.
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
///
/// # Settings
///
/// Those marked † can also be set on a [`Router`] or in the attribute of an endpoint, and the innermost setting wins. The
/// [limits](crate#limits) have a table with their defaults.
///
/// | for | settings |
/// |---|---|
/// | endpoints | [`route`](Self::route), [`routes`](Self::routes), [`nest`](Self::nest), [`merge`](Self::merge), [`state`](Self::state), [`fallback`](Self::fallback) |
/// | who may connect | [`origins`](Self::origins) †, [`hosts`](Self::hosts) †, [`before_accept`](Self::before_accept) †, [`rejection`](Self::rejection) †, [`subprotocols`](Self::subprotocols) †, [`require_subprotocol`](Self::require_subprotocol) † |
/// | how errors close | [`on_error`](Self::on_error) † |
/// | how many | [`max_connections`](Self::max_connections), [`max_connections_per_client`](Self::max_connections_per_client), [`max_handshakes`](Self::max_handshakes), `rate_limit` † |
/// | how long | [`handshake_timeout`](Self::handshake_timeout), [`accept_timeout`](Self::accept_timeout) †, [`idle_timeout`](Self::idle_timeout) †, [`max_lifetime`](Self::max_lifetime) †, [`send_timeout`](Self::send_timeout) †, [`close_timeout`](Self::close_timeout) † |
/// | signs of life | [`ping_interval`](Self::ping_interval) †, [`pong_timeout`](Self::pong_timeout) † |
/// | how large | [`max_head_size`](Self::max_head_size), [`max_message_size`](Self::max_message_size) †, [`max_frame_size`](Self::max_frame_size) †, [`send_buffer`](Self::send_buffer) †, `compression` † |
/// | restarts | [`shutdown_spread`](Self::shutdown_spread), [`shutdown_grace`](Self::shutdown_grace), [`shutdown_deadline`](Self::shutdown_deadline), [`shutdown_close`](Self::shutdown_close), [`shutdown_handle`](Self::shutdown_handle), [`handle_signals`](Self::handle_signals), [`health`](Self::health) |
/// | proxies and logs | [`trusted_proxies`](Self::trusted_proxies), [`announce`](Self::announce), [`on_span`](Self::on_span) |
/// | documentation | `info`, `docs`, `asyncapi_at`, `describe`, `asyncapi`, `typescript` |
/// | start | [`run`](Self::run), `run_tls`, [`serve`](Self::serve), [`into_service`](Self::into_service), [`build`](Self::build) |
///
/// # HTTP/2
///
/// With the feature `http2`, the server also speaks HTTP/2, to clients that begin with its preface: an extended CONNECT
/// request (RFC 8441) opens a WebSocket, and one transport carries many of them. Endpoints see the same request as over
/// HTTP/1.1. Each stream counts as a connection, and has its own pings and limits; one that is not read holds up no other.
///
/// A [`Service`] that is mounted in another server opens WebSockets over HTTP/2 if that server allows it: hyper's
/// `http2::Builder::enable_connect_protocol`, and a route that takes all methods, such as axum's `route_service`.
#[derive(Default)]
#[must_use]
pub struct App {
    root: Router,
    state: StateMap,
    duplicate_states: Vec<Mistake>,
    fallback: Option<Fallback>,
    server: Server,
    #[cfg(feature = "describe")]
    info: Option<crate::description::Info>,
}

impl App {
    /// Creates an empty `App`.
    pub fn new() -> Self {
        Self::default()
    }

    scope_setters!(root.scope; root.routes; root.nested);

    crate::elsewhere::serving_methods!(crate::ServeError);

    /// Gives a value to every endpoint that has a [`State<T>`](crate::State) parameter, as a clone for each connection.
    /// An app holds one value of each type.
    #[track_caller]
    pub fn state<T: Send + Sync + 'static>(mut self, state: T) -> Self {
        if self.state.insert(state) {
            let mistake = Mistake::duplicate_state(type_name::<T>(), Location::caller());
            self.duplicate_states.push(mistake);
        }
        self
    }

    /// Sets the tower service that answers all requests that do not ask an endpoint for a WebSocket, in place of a 404,
    /// 405 or 426: pages, files and all other HTTP. If it is set more than once, the last one counts.
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
    /// On the path of an endpoint, a GET with `Upgrade: websocket` belongs to the endpoint, even if the rest of it is
    /// faulty. Everything else goes to the service: other methods, and a GET for a page. Each request has
    /// [`ClientAddr`](crate::ClientAddr) in its extensions. The service itself decides how large a request body may be
    /// and how long an answer may take, and `max_connections` does not count such requests. A panic in the service is
    /// logged and answered with 500. While the server shuts down, new requests are answered with 503, and those that have
    /// begun are completed within the shutdown deadline.
    pub fn fallback(mut self, service: impl FallbackService) -> Self {
        self.fallback = Some(service.into_fallback());
        self
    }

    /// Sets the path of a health check for load balancers and container platforms, such as `"/healthz"`. `GET` and
    /// `HEAD` requests for it are answered with 200 while the server takes connections, and with 503 from the moment at
    /// which a shutdown begins. It needs no [`fallback`](Self::fallback), and `hosts` and `max_connections` do not
    /// apply to it. If it is set more than once, the last one counts. Default: none.
    ///
    /// ```
    /// let app = ws_runtime::App::new().health("/healthz");
    /// ```
    ///
    /// An app whose health path is not a static path, or is the path of an endpoint, does not [build](Self::build).
    #[track_caller]
    pub fn health(self, path: impl Into<String>) -> Self {
        self.page(path.into(), Location::caller(), Content::Health)
    }

    /// Sets how long a client may take to send a request head, measured from its first byte or, for a later request,
    /// from the answer to the previous one. The same limit applies to the time until the first byte. When the time is
    /// up, the TCP connection is dropped. Default: 10 seconds.
    pub fn handshake_timeout(mut self, timeout: Duration) -> Self {
        self.server.handshake_timeout = timeout.min(MAX_TIMEOUT);
        self
    }

    /// Sets the largest size of a request head, in bytes, with a minimum of 8 KiB. A larger one is answered with 431.
    /// The size is checked between reads, so slightly more may pass. Default: 64 KiB.
    pub fn max_head_size(mut self, bytes: usize) -> Self {
        // hyper does not accept a smaller limit.
        self.server.max_head_size = bytes.max(8 * 1024);
        self
    }

    /// Sets how many connections may be open that have not sent a whole request head yet, with a minimum of 1.
    /// Further connections are not accepted until a place is free; a call of
    /// [`serve_connection`](Service::serve_connection) waits in the same way, and its wait counts towards the time
    /// until the first byte. A connection stops counting as soon as a [fallback](Self::fallback) answers its
    /// requests, and one that speaks HTTP/2 as soon as it opens a WebSocket. Default: 1024.
    pub fn max_handshakes(mut self, connections: usize) -> Self {
        self.server.max_handshakes = connections;
        self
    }

    /// Sets how many connections may be open at once, including handshakes. A further one is answered with 503.
    /// Default: unlimited.
    pub fn max_connections(mut self, connections: usize) -> Self {
        self.server.limits.total = connections;
        self
    }

    /// Sets how many connections one client may have open at once, including handshakes. A further one is answered with
    /// 429 and `Retry-After`. Default: unlimited.
    ///
    /// A client is an IPv4 address, or an IPv6 network of 64 bits, because one customer of a provider has at least that
    /// many addresses. Clients on Unix sockets have no address and are not limited. Behind a proxy that is not
    /// [trusted](Self::trusted_proxies), all clients together are one.
    pub fn max_connections_per_client(mut self, connections: usize) -> Self {
        self.server.limits.per_client = connections;
        self
    }

    /// Trusts proxies at these addresses and in these networks to say who the client is. Default: none.
    ///
    /// ```
    /// use ws_runtime::App;
    ///
    /// let app = App::new().trusted_proxies(["127.0.0.1", "10.0.0.0/8", "fd00::/8"]);
    /// ```
    ///
    /// An entry is a text, an `IpAddr` or an `IpNet` of the crate `ipnet`. `"unix"` stands for all peers on Unix sockets.
    ///
    /// | from a request of a trusted proxy | comes |
    /// |---|---|
    /// | the first address from the right, in `X-Forwarded-For` or the `for` of `Forwarded`, that is not a trusted proxy | the client: [`ClientAddr`](crate::ClientAddr), the `peer` of spans and events, [`max_connections_per_client`](Self::max_connections_per_client) |
    /// | `X-Forwarded-Proto`, or `proto` of `Forwarded` | the scheme that a page of the same [origin](crate::Origins) has |
    /// | `X-Forwarded-Host`, or `host` of `Forwarded` | the host that a page of the same origin has, that [`hosts`](Self::hosts) are compared with, and that [`Handshake::host`](crate::Handshake::host) returns |
    ///
    /// A proxy has to set or extend the headers of one kind, and passes on the others as the client sent them. A request
    /// in which `Forwarded` contradicts `X-Forwarded-For`, `-Proto` or `-Host` is therefore answered with 400. Without
    /// such a header, the proxy itself is the client. Up to 32 proxies in a row are heard.
    ///
    /// All of this also applies behind another server, such as axum, if a layer inserts the address of the TCP peer as
    /// [`ClientAddr`](crate::ClientAddr). Proxies that speak the PROXY protocol need a listener for it:
    /// [`ProxyProtocol`](crate::ProxyProtocol).
    pub fn trusted_proxies(mut self, proxies: impl IntoProxies) -> Self {
        self.server.proxies = Proxies::listed(proxies.into_proxies());
        self
    }

    /// Sets the close that every connection is sent at shutdown. Default: 1001 `server shutting down`.
    ///
    /// Both 1001 and 1012 are right for a server that restarts: 1001 says that this server goes away, and 1012 says that
    /// the service will be back. Clients of this crate reconnect after either. A script in a browser cannot tell 1001
    /// from a page that is left, so 1012 lets it show "back in a moment":
    ///
    /// ```
    /// use ws_runtime::{App, Close, CloseCode};
    ///
    /// let app = App::new().shutdown_close(Close::new(CloseCode::SERVICE_RESTART, "Server restarting"));
    /// ```
    pub fn shutdown_close(mut self, close: impl IntoClose) -> Self {
        self.server.ending.close = close.into_close();
        self
    }

    /// Sets the window over which a shutdown spreads its closes, so that the clients do not all come back at once.
    /// Connections are told in random order and at random times, evenly over the window; a connection that has not been
    /// told yet works as before. Default: zero, which tells all of them at once.
    ///
    /// The window comes on top of [`shutdown_deadline`](Self::shutdown_deadline), so a shutdown takes at most the sum of
    /// both. Let the process have that time: `docker stop --timeout`, `terminationGracePeriodSeconds` of Kubernetes, or
    /// `TimeoutStopSec` of systemd.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// // 10,000 clients come back at about 500 a second.
    /// let app = ws_runtime::App::new().shutdown_spread(Duration::from_secs(20));
    /// ```
    pub fn shutdown_spread(mut self, window: Duration) -> Self {
        self.server.ending.spread = window.min(MAX_TIMEOUT);
        self
    }

    /// Sets how long endpoints that wait for [`WebSocket::shutdown_started`](crate::WebSocket::shutdown_started) may
    /// take to end by themselves. An endpoint whose connection is over is given the same time, after which it is dropped.
    /// Default: 5 seconds.
    pub fn shutdown_grace(mut self, grace: Duration) -> Self {
        self.server.ending.grace = grace.min(MAX_TIMEOUT);
        self
    }

    /// Sets how long a shutdown may take after the window of [`shutdown_spread`](Self::shutdown_spread), including the
    /// grace period. Everything that is still running then is dropped. Default: 9 seconds, as `docker stop` kills the
    /// process after 10.
    ///
    /// A future can only be dropped while it waits. An endpoint that blocks its thread, with a computation or with a
    /// call that is not `async`, keeps the runtime and thus the process alive until it returns, regardless of the
    /// deadline; so does a `spawn_blocking` of its own. Let such an endpoint yield now and then
    /// (`tokio::task::yield_now`), or end the process with [`std::process::exit`] after [`run`](Self::run) has
    /// returned.
    pub fn shutdown_deadline(mut self, deadline: Duration) -> Self {
        self.server.ending.deadline = deadline.min(MAX_TIMEOUT);
        self
    }

    /// Sets whether SIGTERM and Ctrl-C end [`run`](Self::run) and [`serve`](Self::serve). Default: `true`.
    pub fn handle_signals(mut self, handle: bool) -> Self {
        self.server.handle_signals = handle;
        self
    }

    /// Sets whether a program without a `tracing` subscriber prints the address that it serves on standard error, once.
    /// With a subscriber, the address is an event at info in any case. Default: `true`.
    pub fn announce(mut self, announce: bool) -> Self {
        self.server.announce = announce;
        self
    }

    /// Sets a function that is called with the span of each connection, before the span is entered and before guards
    /// run. If it is set more than once, the last one counts. Default: none.
    ///
    /// It is the place to make the span a child of another one, such as that of the header `traceparent`, as
    /// `tracing-opentelemetry` does not change the parent of a span that was entered. The page "logs and metrics" of the
    /// guide has an example.
    ///
    /// ```
    /// use ws_runtime::App;
    ///
    /// let app = App::new().on_span(|span, handshake| {
    ///     if let Some(request) = handshake.header("x-request-id") {
    ///         span.in_scope(|| tracing::debug!(request, "the proxy's number of the request"));
    ///     }
    /// });
    /// ```
    ///
    /// The function is not called for a span that no subscriber asks for. A panic in it is logged, and the handshake
    /// goes on.
    pub fn on_span(mut self, f: impl Fn(&Span, &Handshake) + Send + Sync + 'static) -> Self {
        self.server.on_span = Some(Arc::new(OnSpan::new(f)));
        self
    }

    /// Returns a handle that shuts the server down from within the program.
    #[must_use]
    pub fn shutdown_handle(&self) -> ShutdownHandle {
        self.server.shutdown.clone()
    }

    /// Adds a page, or replaces the one of its kind.
    fn page(mut self, path: String, declared: &'static Location<'static>, content: Content) -> Self {
        self.server.pages.retain(|page| page.content.name() != content.name());
        self.server.pages.push(Page { path, declared, content });
        self
    }

    /// Checks the app and turns it into a [`Service`].
    ///
    /// # Errors
    ///
    /// Returns every mistake at once: routes that overlap, state that a parameter asks for and that was not set, two
    /// handlers for one type in one scope, prefixes and pages that are not static paths, and trusted proxies that are no
    /// networks.
    #[cfg_attr(not(any(feature = "docs", feature = "schema")), allow(unused_mut))]
    pub fn build(mut self) -> Result<Service, BuildError> {
        #[cfg(any(feature = "docs", feature = "schema"))]
        self.write_documents();
        let mut server = self.server;
        if let Some(timeout) = self.root.scope.options.send_timeout {
            server.send_timeout = timeout.min(MAX_TIMEOUT);
        }
        let mut mistakes = self.duplicate_states;
        mistakes.extend(server.proxies.mistakes().iter().cloned().map(|proxy| Mistake::Proxy { proxy }));
        let reserved =
            server.pages.iter().map(|page| (page.content.name(), page.path.as_str(), page.declared));
        let mounts = mount(self.root, self.state, mistakes, &reserved.collect::<Vec<_>>())?;
        Ok(Service::new(mounts, self.fallback, server))
    }

    /// Turns the app into a [`tower_service::Service`], which can be mounted in an axum `Router`, wrapped in tower
    /// layers or run on a hyper server.
    ///
    /// # Panics
    ///
    /// Panics with the report of [`build`](Self::build) if there are mistakes in the app.
    #[must_use]
    #[track_caller]
    pub fn into_service(self) -> Service {
        match self.build() {
            Ok(service) => service,
            Err(error) => panic!("{error}"),
        }
    }

    /// Serves the app on a TCP address, such as `"127.0.0.1:8000"`, until SIGTERM, Ctrl-C or the
    /// [handle](Self::shutdown_handle) ends it. It then closes every connection with 1001, answers new handshakes with
    /// 503, and returns when the last connection is over.
    ///
    /// A name may stand for several addresses, and the app listens on all of them: `"localhost:8000"` is usually `[::1]`
    /// and `127.0.0.1`. Those that this machine does not have, such as `[::1]` without IPv6, are left out. With the port 0
    /// all addresses get the same free port.
    ///
    /// With the feature `systemd`, the app listens on the sockets that systemd passes to the process, if there are any,
    /// instead of on the address.
    ///
    /// If the future is dropped, the address is free at once, and the open connections go on.
    ///
    /// # Errors
    ///
    /// Returns an error if the app does not [`build`](Self::build), or if an address cannot be bound.
    pub fn run<'a>(self, address: impl Address + 'a) -> ServeFuture<'a> {
        ServeFuture(Box::pin(async move {
            let service = self.build()?;
            let bound = bind(address).await?;
            serve::listen(bound, service).await
        }))
    }

    /// Serves the app over TLS, on addresses or sockets as [`run`](Self::run) does.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`run`](Self::run).
    #[cfg(feature = "tls")]
    pub fn run_tls<'a>(self, address: impl Address + 'a, tls: crate::Tls) -> ServeFuture<'a> {
        ServeFuture(Box::pin(async move {
            let service = self.build()?;
            let bound = bind(address).await?;
            #[cfg(all(unix, feature = "systemd"))]
            let unix: Vec<_> = bound.unix.into_iter().map(|listener| tls.clone().listen(listener)).collect();
            let tcp: Vec<_> = bound.tcp.into_iter().map(|listener| tls.clone().listen(listener)).collect();
            #[cfg(all(unix, feature = "systemd"))]
            return serve::listen((tcp, unix), service).await;
            #[cfg(not(all(unix, feature = "systemd")))]
            serve::listen(tcp, service).await
        }))
    }

    /// Serves the app on a [`Listener`](crate::Listener), or on several of any kind, as [`run`](Self::run) does on an
    /// address. Several are a `Vec` or a tuple.
    ///
    /// ```no_run
    /// # #[cfg(unix)]
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use tokio::net::{TcpListener, UnixListener};
    /// use ws_runtime::App;
    ///
    /// let public = TcpListener::bind("0.0.0.0:8000").await?;
    /// let local = UnixListener::bind("/run/app.sock")?;
    /// App::new().serve((public, local)).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the app does not [`build`](Self::build).
    pub fn serve(self, listener: impl IntoListeners) -> ServeFuture<'static> {
        ServeFuture(Box::pin(async move { serve::listen(listener, self.build()?).await }))
    }
}

/// Converts the app as [`App::into_service`] does, and panics with a report if there are mistakes in it.
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
