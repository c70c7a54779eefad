//! [`Service`]: a built app that answers requests.

use std::{
    convert::Infallible,
    fmt,
    future::Future,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, Response};
use hyper::body::Body as HttpBody;
use tokio::io::{AsyncRead, AsyncWrite};

use super::{
    Fallback, Page, Server, ShutdownHandle,
    answer::answer,
    connections::Connections,
    heads::Heads,
    serving::{Established, serve},
};
use crate::{Body, Peer, observe, routing::Mounts};

/// A built [`App`](crate::App): a tower service for HTTP requests, which runs on a server of any kind.
///
/// It answers handshakes of its endpoints with 101 and a WebSocket, and refuses all other requests unless there is a
/// [fallback](crate::App::fallback). The connections that it accepts run as tasks of their own. The server must
/// support upgrades, as hyper does with `with_upgrades` and axum does by default.
///
/// ```
/// # use ws_runtime::{routes, websocket, App, Result, WebSocket};
/// # #[websocket("/echo")]
/// # async fn echo(ws: WebSocket) -> Result { let _ = ws; Ok(()) }
/// let endpoints = App::new().routes(routes![echo]).into_service();
/// let router: axum::Router = axum::Router::new()
///     .route("/", axum::routing::get(|| async { "hello" }))
///     .fallback_service(endpoints);
/// ```
#[derive(Clone)]
pub struct Service(pub(super) Arc<Inner>);

pub(super) struct Inner {
    pub(super) mounts: Mounts,
    pub(super) fallback: Option<Fallback>,
    pub(super) server: Server,
    pub(super) connections: Arc<Connections>,
    pub(super) heads: Heads,
}

impl Inner {
    /// Returns `true` once the server is shutting down, and takes no more connections.
    pub(super) fn is_draining(&self) -> bool {
        self.server.shutdown.has_begun() || self.connections.are_ending()
    }

    /// Returns the page that the server itself has at a path.
    pub(super) fn page(&self, path: &str) -> Option<&Page> {
        self.server.pages.iter().find(|page| page.path == path)
    }

    /// Returns `true` if the fallback answers all requests for a path.
    pub(super) fn leaves_to_fallback(&self, path: &str) -> bool {
        self.fallback.is_some() && self.mounts.route(path).is_none() && self.page(path).is_none()
    }
}

impl Service {
    pub(crate) fn new(mounts: Mounts, fallback: Option<Fallback>, server: Server) -> Self {
        observe::describe();
        let heads = Heads::new(server.max_handshakes);
        Self(Arc::new(Inner { mounts, fallback, server, connections: Arc::default(), heads }))
    }

    /// Returns the handle that shuts down a server of this crate. For another server, see
    /// [`shut_down`](Self::shut_down).
    #[must_use]
    pub fn shutdown_handle(&self) -> ShutdownHandle {
        self.0.server.shutdown.clone()
    }

    /// Closes every open connection with 1001, or with the close that the app sets, and waits until the last one is
    /// over or the shutdown deadline has passed. Further handshakes are answered with 503 and `Retry-After`.
    ///
    /// [`App::run`](crate::App::run) and [`App::serve`](crate::App::serve) call it by themselves. Behind another
    /// server, such as axum, await it when that server is told to end.
    pub async fn shut_down(&self) {
        self.0.server.shutdown.shutdown();
        self.0.connections.end(&self.0.server.ending).await;
    }

    /// Returns the patterns under which an endpoint, or the implementation of a contract, is mounted.
    #[cfg(feature = "test-client")]
    pub(crate) fn patterns(&self, endpoint: std::any::TypeId) -> impl Iterator<Item = &str> {
        self.0.mounts.patterns(endpoint)
    }

    /// Puts a function in the place of a dependency, for all handshakes that begin afterwards.
    #[cfg(feature = "test-client")]
    pub(crate) fn replace(
        &self,
        dependency: std::any::TypeId,
        replacement: Arc<dyn std::any::Any + Send + Sync>,
    ) {
        self.0.mounts.state.replace(dependency, replacement);
    }

    /// Serves HTTP/1.1 and then a WebSocket on any transport: TCP, TLS or a pipe in memory. Returns when the
    /// connection has ended. If the future is dropped earlier, an accepted connection goes on as a task of its own.
    ///
    /// A request head may take `handshake_timeout`, and may have `max_head_size` bytes.
    pub async fn serve_connection<IO>(&self, io: IO, client_addr: Option<SocketAddr>)
    where
        IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        serve::<_, Established>(Arc::clone(&self.0), io, client_addr.into(), None).await;
    }
}

impl<B> tower_service::Service<Request<B>> for Service
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let answer = answer(&self.0, request, Peer::unknown());
        Box::pin(async move { Ok(answer.await.spawn()) })
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service").finish_non_exhaustive()
    }
}
