//! [`Service`]: a built app, which answers requests.

use std::{
    convert::Infallible,
    fmt,
    future::Future,
    net::SocketAddr,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, Response};
use hyper::{body::Body as HttpBody, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};

use super::{
    Fallback, Server, ShutdownHandle,
    answer::{Answer, answer},
    connections::Connections,
    serving::serve,
    shutdown,
};
use crate::{Body, mount::Mounts};

/// A built [`App`](crate::App): a tower service over HTTP requests, for servers of any kind.
///
/// It answers every request: 101 and a WebSocket for handshakes of its endpoints, refusals for all else, unless there is
/// a [fallback](crate::App::fallback). The connections it accepts run as tasks of their own. The server must support
/// upgrades, as hyper does with `with_upgrades` and axum by itself.
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
pub struct Service(Arc<Inner>);

pub(super) struct Inner {
    pub(super) mounts: Mounts,
    pub(super) fallback: Option<Fallback>,
    pub(super) server: Server,
    pub(super) connections: Arc<Connections>,
}

impl Service {
    pub(crate) fn new(mounts: Mounts, fallback: Option<Fallback>, server: Server) -> Self {
        Self(Arc::new(Inner { mounts, fallback, server, connections: Arc::default() }))
    }

    /// What ends a server: for one that is not ours, see [`shut_down`](Self::shut_down).
    #[must_use]
    pub fn shutdown_handle(&self) -> ShutdownHandle {
        self.0.server.shutdown.clone()
    }

    /// Closes every open connection with 1001, or as the app says, and waits until the last one is over or the
    /// shutdown deadline has passed. Handshakes are answered 503 from now on.
    ///
    /// [`App::run`](crate::App::run) and [`App::serve`](crate::App::serve) do it by themselves. Behind another server,
    /// such as axum, await it when that server was told to end.
    pub async fn shut_down(&self) {
        self.0.server.shutdown.shutdown();
        self.0.connections.end(&self.0.server.ending).await;
    }

    /// Completes when a signal, or the handle, asks for the end.
    pub(super) async fn shutdown_requested(&self) {
        tokio::select! {
            () = self.0.server.shutdown.begun() => {}
            () = self.signalled() => {}
        }
    }

    /// Completes at the next SIGTERM or Ctrl-C, if signals are heeded.
    pub(super) async fn signalled(&self) {
        if self.0.server.handle_signals {
            shutdown::signal().await;
        } else {
            std::future::pending::<()>().await;
        }
    }

    /// Serves HTTP/1.1 and then a WebSocket on any transport: TCP, TLS, a pipe in memory. Returns when the connection has
    /// ended. If the future is dropped before, a connection that was accepted goes on as a task of its own.
    ///
    /// A request head may take `handshake_timeout` and have `max_head_size` bytes.
    pub async fn serve_connection<IO>(&self, io: IO, client_addr: Option<SocketAddr>)
    where
        IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        serve(self.clone(), io, client_addr, false).await;
    }

    /// Answers requests, until the last one or a handshake. `begin` has to see to the connection of an answer.
    // What is borrowed need not be held twice.
    pub(super) async fn serve_http<IO>(
        &self,
        io: IO,
        client_addr: Option<&SocketAddr>,
        begin: &(impl Fn(Answer) -> Response<Body> + Sync),
    ) where
        IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let service = service_fn(|request| {
            let answer = answer(&self.0, request, client_addr.copied());
            async move { Ok::<_, Infallible>(begin(answer.await)) }
        });
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(self.0.server.handshake_timeout)
            .max_buf_size(self.0.server.max_head_size);
        if self.0.fallback.is_none() {
            // Our own answers are so short that copying their bodies behind their heads is cheaper than a list of two.
            http.writev(false);
        }
        let mut connection = pin!(http.serve_connection(TokioIo::new(io), service).with_upgrades());
        // Refusals are short. What a fallback answers may take its time, so that the end of the server waits for it.
        let ended = match self.0.fallback.as_ref().and_then(|_| self.0.connections.enter_http()) {
            None => connection.await,
            // Boxed, so that others need no room for it.
            Some(_entry) => {
                Box::pin(async {
                    tokio::select! {
                        biased;
                        ended = &mut connection => ended,
                        () = self.0.server.shutdown.begun() => {
                            connection.as_mut().graceful_shutdown();
                            connection.await
                        }
                    }
                })
                .await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection ended before its handshake");
        }
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
        let answer = answer(&self.0, request, None);
        Box::pin(async move { Ok(answer.await.spawn()) })
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service").finish_non_exhaustive()
    }
}
