//! [`Service`]: a built app, which answers requests.

use std::{
    convert::Infallible,
    fmt,
    future::Future,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};

use super::answer::answer;
use crate::{ClientAddr, mount::Mounts};

/// How long a client may take to send a request head.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// The largest request head, in bytes; over it the answer is 431.
const MAX_HEAD_SIZE: usize = 64 * 1024;

/// A built [`App`](crate::App): a tower service over HTTP requests, for servers of any kind.
///
/// It answers every request: 101 and a WebSocket for handshakes of its endpoints, refusals for all else. The
/// connections it accepts run as tasks of their own. The server must support upgrades, as hyper does with
/// `with_upgrades` and axum by itself.
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
pub struct Service {
    mounts: Arc<Mounts>,
}

impl Service {
    pub(crate) fn new(mounts: Mounts) -> Self {
        Self { mounts: Arc::new(mounts) }
    }

    /// Serves HTTP/1.1 on any transport: TCP, TLS, a pipe in memory. Returns once the handshake is answered, or the
    /// client gives up; an accepted connection goes on as a task of its own.
    ///
    /// A request head may take 10 seconds and have 64 KiB.
    pub async fn serve_connection<IO>(&self, io: IO, client_addr: Option<SocketAddr>)
    where
        IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let service = service_fn(|mut request: Request<_>| {
            if let Some(address) = client_addr {
                request.extensions_mut().insert(ClientAddr(address));
            }
            let mounts = Arc::clone(&self.mounts);
            async move { Ok::<_, Infallible>(answer(&mounts, request).await) }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIMEOUT)
            .max_buf_size(MAX_HEAD_SIZE)
            .serve_connection(TokioIo::new(io), service)
            .with_upgrades();
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection ended before its handshake");
        }
    }
}

impl<B: Send + 'static> tower_service::Service<Request<B>> for Service {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let mounts = Arc::clone(&self.mounts);
        Box::pin(async move { Ok(answer(&mounts, request).await) })
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service").finish_non_exhaustive()
    }
}
