//! [`serve_http2`]: serves an HTTP/2 connection, of which each WebSocket is a stream (RFC 8441).

use std::{
    convert::Infallible,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use http::{HeaderValue, Method, Request, Response, header};
use hyper::{
    body::{Body as _, Incoming},
    server::conn::http2,
    service::service_fn,
};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::Notify,
    time::sleep,
};

use super::{answer::answer, heads::Head, service::Inner};
use crate::{Body, Peer};

/// How many streams a client may have open on one connection. Browsers open a few; more wait for a stream to end.
const MAX_STREAMS: u32 = 256;
/// What may be in flight on one stream, in bytes. It is what HTTP/2 gives a client that has not read the settings yet,
/// and bounds what a stream holds whose endpoint does not read.
const STREAM_WINDOW: u32 = 65_535;
/// What may be in flight on a connection. It is larger than that of a stream, so that one whose endpoint does not read
/// leaves room for the others.
const CONNECTION_WINDOW: u32 = 1024 * 1024;
/// How much a stream may hold that the client does not take, in bytes.
const MAX_SEND_BUFFER: usize = 64 * 1024;
/// How often a connection is pinged on which nothing arrives, and how long its client may take to answer.
const KEEPALIVE: Duration = Duration::from_secs(20);

/// Answers the requests of an HTTP/2 connection until the last one. The WebSockets that are opened run as tasks of their
/// own, and end when the connection does.
pub(super) async fn serve_http2<IO>(service: &Inner, io: IO, peer: Peer, head: Head) -> hyper::Result<()>
where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let streams = Arc::new(Streams::default());
    let head = Arc::new(head);
    let answers = service_fn(|request: Request<Incoming>| {
        if service.leaves_to_fallback(request.uri().path()) {
            head.leave();
        }
        let head = Arc::clone(&head);
        let is_head = request.method() == Method::HEAD;
        let stream = streams.enter();
        let answer = answer(service, request, peer);
        async move {
            let mut answer = answer.await;
            if let Some(connection) = answer.connection.take() {
                // From here on the connection is counted among the open ones.
                head.leave();
                tokio::spawn(async move {
                    connection.run().await;
                    drop(stream);
                });
            }
            if is_head {
                leave_out_body(&mut answer.response);
            }
            Ok::<_, Infallible>(answer.response)
        }
    });
    let mut http = http2::Builder::new(TokioExecutor::new());
    http.timer(TokioTimer::new())
        .enable_connect_protocol()
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(u32::try_from(service.server.max_head_size).unwrap_or(u32::MAX))
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buf_size(MAX_SEND_BUFFER)
        .keep_alive_interval(KEEPALIVE)
        .keep_alive_timeout(KEEPALIVE);
    let mut connection = pin!(http.serve_connection(TokioIo::new(io), answers));
    // The shutdown waits for the answers of a fallback. WebSockets are in its table themselves.
    let _entry = service.fallback.as_ref().and_then(|_| service.connections.enter_http());
    tokio::select! {
        biased;
        ended = &mut connection => return ended,
        () = service.server.shutdown.begun() => {}
        () = streams.idle_for(service.server.handshake_timeout) => {}
    }
    connection.as_mut().graceful_shutdown();
    connection.await
}

/// Leaves out the body of an answer to HEAD, which hyper does by itself for HTTP/1.1 only.
fn leave_out_body(response: &mut Response<Body>) {
    if let Some(length) = response.body().size_hint().exact() {
        response.headers_mut().entry(header::CONTENT_LENGTH).or_insert(HeaderValue::from(length));
    }
    *response.body_mut() = Body::empty();
}

/// How many streams of a connection are open.
#[derive(Default)]
struct Streams {
    open: AtomicUsize,
    changed: Notify,
}

impl Streams {
    fn enter(self: &Arc<Self>) -> Stream {
        self.open.fetch_add(1, Ordering::Relaxed);
        self.changed.notify_one();
        Stream(Arc::clone(self))
    }

    /// Completes when no stream has been open for this time: as for HTTP/1.1, a client may not keep a connection for
    /// nothing.
    async fn idle_for(&self, patience: Duration) {
        loop {
            let changed = self.changed.notified();
            if self.open.load(Ordering::Relaxed) > 0 {
                changed.await;
                continue;
            }
            tokio::select! {
                () = changed => {}
                () = sleep(patience) => return,
            }
        }
    }
}

/// One open stream.
struct Stream(Arc<Streams>);

impl Drop for Stream {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
        self.0.changed.notify_one();
    }
}
