//! [`serve_http`]: serves a transport up to its handshake.

use std::{
    convert::Infallible,
    error::Error,
    future::{Future, poll_fn},
    io,
    pin::pin,
    time::Duration,
};

use http::Request;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::timeout,
};

#[cfg(feature = "http2")]
use super::http2::serve_http2;
use super::{
    answer::{answer, refuse},
    fast_path::{First, first, has_left, write},
    heads::Head,
    opening::{Opening, decide},
    patient::{Answering, Patient},
    rewind::Rewind,
    service::Inner,
    serving::{ConnectionSlot, Establish},
    transport::ConnectionFuture,
};
use crate::{Peer, handshake::HttpError};

/// Answers requests until the last one, or until a handshake. The connection of a handshake is kept in `slot` and
/// then returned.
pub(super) async fn serve_http<IO, E>(
    service: &Inner,
    mut io: IO,
    mut peer: Peer,
    head: Option<Head>,
    slot: &ConnectionSlot,
) -> Option<ConnectionFuture>
where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    E: Establish<IO>,
{
    let first = timeout(service.server.handshake_timeout, async {
        let head = match head {
            Some(head) => head,
            None => service.heads.enter().await,
        };
        E::establish(&mut io, &mut peer).await?;
        first(service, &mut io, peer).await.map(|first| (head, first))
    });
    let ended: Result<(), Box<dyn Error + Send + Sync>> =
        match first.await.unwrap_or_else(|_elapsed| Err(io::ErrorKind::TimedOut.into())) {
            Ok((head, First::Handshake { opened, mut behind })) => {
                if opened.is_ok() {
                    // From here on the connection is counted among the open ones.
                    head.leave();
                }
                let patience = opened.as_ref().map_or(service.server.send_timeout, Opening::send_timeout);
                match answer_first(opened, &mut io, &mut behind, slot, patience).await {
                    Ok(()) => return Some(slot.take()?.run_on(io, behind)),
                    Err(error) => Err(error.into()),
                }
            }
            #[cfg(feature = "http2")]
            Ok((head, First::Http2(read))) => {
                Box::pin(serve_http2(service, Rewind::new(read, io), peer, head)).await.map_err(Into::into)
            }
            Ok((head, First::Other(read))) => {
                let answering = Answering::new(service.server.send_timeout);
                let io = Rewind::new(read, Patient::new(io, answering.clone()));
                // The future is boxed, so that other connections need no room for it.
                let ended = Box::pin(serve_any(service, io, peer, &head, slot, &answering)).await;
                answering.end();
                ended.map_err(Into::into)
            }
            Err(error) => Err(error.into()),
        };
    if let Err(error) = ended {
        tracing::debug!(error, "a connection ended before its handshake");
    }
    Some(slot.take()?.run())
}

/// Answers a handshake that arrived whole. `behind` is what came after it, and `patience` is how long the client may
/// take no byte of the answer.
async fn answer_first<IO>(
    opened: Result<Opening, HttpError>,
    io: &mut IO,
    behind: &mut Vec<u8>,
    slot: &ConnectionSlot,
    patience: Duration,
) -> io::Result<()>
where
    IO: AsyncRead + AsyncWrite + Unpin,
{
    let mut waited = false;
    let mut answer = match opened {
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
    // A refused handshake counts until its answer is written.
    let _entry = answer.entry.take();
    let response = slot.keep(answer);
    // An endpoint that is accepted after its client has left might never notice, so this is checked first.
    if waited && behind.is_empty() && has_left(io, behind).await {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    write(&mut Patient::new(io, Answering::new(patience)), response).await
}

/// Answers all other requests with hyper.
async fn serve_any<IO>(
    service: &Inner,
    io: IO,
    peer: Peer,
    head: &Head,
    slot: &ConnectionSlot,
    answering: &Answering,
) -> hyper::Result<()>
where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let answers = service_fn(|request: Request<Incoming>| {
        let path = request.uri().path();
        if service.leaves_to_fallback(path) {
            head.leave();
        }
        let mounted = service.mounts.route(path).map(|(mounted, _)| mounted);
        let patience = mounted.map(|mounted| mounted.settings.limits.send_timeout);
        answering.set(patience.unwrap_or(service.server.send_timeout));
        let answer = answer(service, request, peer);
        async move { Ok::<_, Infallible>(slot.keep(answer.await)) }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(service.server.handshake_timeout)
        .max_buf_size(service.server.max_head_size);
    let mut connection = pin!(http.serve_connection(TokioIo::new(io), answers).with_upgrades());
    // Refusals are short. A fallback may take its time to answer, so the shutdown waits for it.
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
