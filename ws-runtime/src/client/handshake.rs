//! [`open`]: the client side of the opening handshake (RFC 6455, section 4.1).

use std::{
    future::{Future, poll_fn},
    io,
    pin::{Pin, pin},
    task::Poll,
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use http::{HeaderValue, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::{body::Incoming, client::conn::http1};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tungstenite::handshake::client::generate_key;

use super::{Ended, Refused, request::Target};
use crate::{
    handshake::{Accepted, check_accepted},
    tracked::Position,
};

/// The maximum size of the head of a response, in bytes.
const MAX_HEAD: usize = 64 * 1024;

/// How much of the body of a refusal is kept, in bytes. The next constant is how long to wait for it.
const MAX_BODY: usize = 64 * 1024;
const BODY_TIMEOUT: Duration = Duration::from_secs(1);

/// An accepted connection.
pub(super) struct Opened<IO> {
    pub(super) io: IO,
    /// The bytes that arrived after the response.
    pub(super) head: Vec<u8>,
    pub(super) accepted: Accepted,
}

/// Performs the opening handshake.
pub(super) async fn open<IO>(io: IO, target: &Target, since: Option<Position>) -> Result<Opened<IO>, Ended>
where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let key = generate_key();
    let header = HeaderValue::try_from(&key).map_err(|_| Ended::Violation("no key"))?;
    let (mut sender, connection) = http1::Builder::new()
        .title_case_headers(true)
        .max_buf_size(MAX_HEAD)
        .handshake(TokioIo::new(io))
        .await
        .map_err(|error| failure(&error))?;
    let connection = pin!(connection.with_upgrades());
    let mut connection = Driven(connection, false);
    let response = connection
        .beside(sender.send_request(target.request(header, since)))
        .await
        .map_err(|error| failure(&error))?;
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        return Err(Ended::Refused(refused(response, &mut connection, target.url()).await));
    }
    let accepted =
        check_accepted(response.headers(), key.as_bytes(), &target.subprotocols, &target.compression);
    let accepted = accepted.map_err(Ended::Violation)?;
    let upgraded = connection.beside(hyper::upgrade::on(response)).await.map_err(|error| failure(&error))?;
    let parts = upgraded.downcast::<TokioIo<IO>>().map_err(|_| Ended::Violation("it was not upgraded"))?;
    // The bytes are copied because hyper's buffer is large and mostly empty.
    Ok(Opened { io: parts.io.into_inner(), head: parts.read_buf.to_vec(), accepted })
}

/// The HTTP connection, which must be polled for the request to make progress.
struct Driven<'a, F>(Pin<&'a mut F>, bool);

impl<F: Future> Driven<'_, F> {
    async fn beside<T>(&mut self, future: impl Future<Output = T>) -> T {
        let mut future = pin!(future);
        poll_fn(|cx| {
            if !self.1 {
                // The result of the connection can be ignored: the future that waits for the response reports it.
                self.1 = self.0.as_mut().poll(cx).is_ready();
            }
            match future.as_mut().poll(cx) {
                // The future may have given the connection something to send.
                Poll::Pending if !self.1 => {
                    self.1 = self.0.as_mut().poll(cx).is_ready();
                    if self.1 { future.as_mut().poll(cx) } else { Poll::Pending }
                }
                poll => poll,
            }
        })
        .await
    }
}

fn failure(error: &hyper::Error) -> Ended {
    use std::error::Error;

    if error.is_parse() {
        return Ended::Violation("it is not HTTP");
    }
    match error.source().and_then(|source| source.downcast_ref::<io::Error>()) {
        Some(error) => io::Error::new(error.kind(), error.to_string()).into(),
        None => {
            io::Error::new(io::ErrorKind::ConnectionReset, "the server ended within the handshake").into()
        }
    }
}

async fn refused<F: Future>(
    response: Response<Incoming>,
    connection: &mut Driven<'_, F>,
    url: String,
) -> Refused {
    let (parts, mut incoming) = response.into_parts();
    let mut body = BytesMut::new();
    let read = async {
        while let Some(Ok(frame)) = connection.beside(incoming.frame()).await {
            let Some(data) = frame.data_ref() else { continue };
            body.extend_from_slice(&data[..data.len().min(MAX_BODY - body.len())]);
            if body.len() == MAX_BODY {
                break;
            }
        }
    };
    // After the timeout the part of the body that has arrived is kept.
    let _ = tokio::time::timeout(BODY_TIMEOUT, read).await;
    let body: Bytes = body.into();
    Refused::new(parts.status, parts.headers, body, url)
}
