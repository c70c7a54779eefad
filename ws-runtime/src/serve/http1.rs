//! [`serve_http`]: a transport up to its handshake.

use std::{
    convert::Infallible,
    error::Error,
    future::{Future, poll_fn},
    io,
    net::SocketAddr,
    pin::pin,
};

use http::Request;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::timeout,
};

use super::{
    answer::{Opening, answer, decide, refuse},
    direct::{First, first, has_left, write},
    heads::Head,
    patient::{ANSWER_TIMEOUT, Answering, Patient},
    rewound::Rewound,
    service::Inner,
    serving::Begun,
    transport::ConnectionFuture,
};
use crate::handshake::HttpError;

/// Answers requests, until the last one or a handshake, whose connection is in `begun` until it is returned.
pub(super) async fn serve_http<IO>(
    service: &Inner,
    mut io: IO,
    client_addr: Option<SocketAddr>,
    nodelay: bool,
    head: Option<Head>,
    begun: &Begun,
) -> Option<ConnectionFuture>
where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let first = timeout(service.server.handshake_timeout, async {
        let head = match head {
            Some(head) => head,
            None => service.heads.enter().await,
        };
        first(service, &mut io, client_addr).await.map(|first| (head, first))
    });
    let ended: Result<(), Box<dyn Error + Send + Sync>> =
        match first.await.unwrap_or_else(|_elapsed| Err(io::ErrorKind::TimedOut.into())) {
            Ok((head, First::Handshake { opened, mut behind })) => {
                if opened.is_ok() {
                    // It is among the connections now.
                    head.leave();
                }
                match answer_first(opened, &mut io, &mut behind, begun).await {
                    Ok(()) => return Some(begun.take()?.run_on(io, nodelay, behind)),
                    Err(error) => Err(error.into()),
                }
            }
            Ok((head, First::Other(read))) => {
                let answering = Answering::new();
                let io = Rewound::new(read, Patient::new(io, answering.clone()));
                // Boxed, so that others need no room for it.
                let ended = Box::pin(serve_any(service, io, client_addr, &head, begun)).await;
                answering.end();
                ended.map_err(Into::into)
            }
            Err(error) => Err(error.into()),
        };
    if let Err(error) = ended {
        tracing::debug!(error, "a connection ended before its handshake");
    }
    Some(begun.take()?.run(nodelay))
}

/// Answers a handshake that came whole. `behind` is what came in behind it.
async fn answer_first<IO>(
    opened: Result<Opening, HttpError>,
    io: &mut IO,
    behind: &mut Vec<u8>,
    begun: &Begun,
) -> io::Result<()>
where
    IO: AsyncRead + AsyncWrite + Unpin,
{
    let mut waited = false;
    let answer = match opened {
        Ok(opening) => {
            let mut deciding = pin!(decide(opening));
            poll_fn(|cx| {
                let decided = deciding.as_mut().poll(cx);
                waited |= decided.is_pending();
                decided
            })
            .await
        }
        Err(error) => refuse(error),
    };
    let response = begun.keep(answer);
    // An endpoint that is accepted when its client has left may never look.
    if waited && behind.is_empty() && has_left(io, behind).await {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    match timeout(ANSWER_TIMEOUT, write(io, response)).await {
        Ok(written) => written,
        Err(_elapsed) => Err(io::ErrorKind::TimedOut.into()),
    }
}

/// Answers any requests, with hyper.
async fn serve_any<IO>(
    service: &Inner,
    io: IO,
    client_addr: Option<SocketAddr>,
    head: &Head,
    begun: &Begun,
) -> hyper::Result<()>
where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let answers = service_fn(|request: Request<Incoming>| {
        if service.fallback.is_some() && service.mounts.route(request.uri().path()).is_none() {
            head.leave();
        }
        let answer = answer(service, request, client_addr);
        async move { Ok::<_, Infallible>(begun.keep(answer.await)) }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(service.server.handshake_timeout)
        .max_buf_size(service.server.max_head_size);
    let mut connection = pin!(http.serve_connection(TokioIo::new(io), answers).with_upgrades());
    // Refusals are short. What a fallback answers may take its time, so that the end of the server waits for it.
    match service.fallback.as_ref().and_then(|_| service.connections.enter_http()) {
        None => connection.await,
        Some(_entry) => tokio::select! {
            biased;
            ended = &mut connection => ended,
            () = service.server.shutdown.begun() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        },
    }
}
