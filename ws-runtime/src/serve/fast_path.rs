//! The fast path for handshakes that arrive whole and are the first data on their transport, as nearly all do.
//!
//! The protocol library parses them, which takes half the time that an HTTP server needs. Everything that is not a
//! handshake for this server, from a head that arrives in pieces to a page of a fallback, is left to hyper from its
//! first byte on.

use std::{future::poll_fn, io, task::Poll, time::SystemTime};

use http::{Response, StatusCode, header};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tungstenite::handshake::{machine::TryParse, server::Request};

use super::{
    opening::{Opening, open},
    service::Inner,
};
use crate::{
    Body, Peer,
    connection::poll_read,
    handshake::{HttpError, asks_for_websocket, refused},
    protocol::ReadBuffer,
};

/// The largest number of headers, which is also hyper's limit.
const MAX_HEADERS: usize = 100;

/// The first data on a transport.
pub(super) enum First {
    Handshake {
        opened: Result<Opening, HttpError>,
        /// The bytes that came after it.
        behind: Vec<u8>,
    },
    /// The preface of an HTTP/2 client (RFC 9113, section 3.4), and what came after it.
    #[cfg(feature = "http2")]
    Http2(Vec<u8>),
    /// Anything else. Empty if the transport has ended.
    Other(Vec<u8>),
}

/// Waits for the first bytes, and parses them.
pub(super) async fn first<IO: AsyncRead + Unpin>(
    service: &Inner,
    io: &mut IO,
    peer: Peer,
) -> io::Result<First> {
    let mut read = ReadBuffer::default();
    poll_fn(|cx| poll_read(io, read.room(0), cx)).await?;
    #[cfg(feature = "http2")]
    if is_http2(io, &mut read).await? {
        return Ok(First::Http2(read.bytes().to_vec()));
    }
    Ok(match handshake(service, read.bytes(), peer) {
        Some((length, opened)) => First::Handshake { opened, behind: read.bytes()[length..].to_vec() },
        None => First::Other(read.bytes().to_vec()),
    })
}

/// Returns `true` if the transport begins with the preface of HTTP/2. While what was read is only a part of it, more is
/// read.
#[cfg(feature = "http2")]
async fn is_http2<IO: AsyncRead + Unpin>(io: &mut IO, read: &mut ReadBuffer) -> io::Result<bool> {
    const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    loop {
        let bytes = read.bytes();
        if bytes.starts_with(PREFACE) {
            return Ok(true);
        }
        let before = bytes.len();
        if bytes.is_empty() || !PREFACE.starts_with(bytes) {
            return Ok(false);
        }
        poll_fn(|cx| poll_read(io, read.room(0), cx)).await?;
        if read.bytes().len() == before {
            return Ok(false);
        }
    }
}

/// Parses a handshake. Returns it with the length of its head in bytes, or `None` if hyper has to handle the request.
fn handshake(service: &Inner, read: &[u8], peer: Peer) -> Option<(usize, Result<Opening, HttpError>)> {
    let (length, request) = Request::try_parse(read).ok()??;
    if length > service.server.max_head_size || request.headers().len() > MAX_HEADERS {
        return None;
    }
    if service.fallback.is_some() && !asks_for_websocket(&request) {
        return None;
    }
    let (parts, ()) = request.into_parts();
    let (mounted, captures) = service.mounts.route(parts.uri.path())?;
    let client = service.server.proxies.client(&parts.headers, peer);
    let peer = client.as_ref().map_or(peer, |client| client.peer);
    match client.and_then(|client| open(service, mounted, captures, parts, client)) {
        // Further requests may follow it.
        Err(error) if !error.ends_connection() => None,
        Err(error) => {
            refused(error, Some(mounted.info.path()), "", peer);
            Some((length, Err(error)))
        }
        opened => Some((length, opened)),
    }
}

/// Returns `true` if the client has left. Bytes that it sent instead are stored in `behind`, which is empty before.
pub(super) async fn has_left<IO: AsyncRead + Unpin>(io: &mut IO, behind: &mut Vec<u8>) -> bool {
    let mut read = ReadBuffer::default();
    let left =
        poll_fn(|cx| Poll::Ready(matches!(poll_read(io, read.room(0), cx), Poll::Ready(Ok(0) | Err(_)))))
            .await;
    behind.extend_from_slice(read.bytes());
    left
}

/// Writes a response, after which the connection ends or becomes a WebSocket.
pub(super) async fn write<IO: AsyncWrite + Unpin>(io: &mut IO, response: Response<Body>) -> io::Result<()> {
    io.write_all(&encode(response)).await?;
    io.flush().await
}

/// Encodes a response for the wire (RFC 9112, section 2.1). The protocol library would not write headers that are not
/// ASCII.
fn encode(response: Response<Body>) -> Vec<u8> {
    let (parts, body) = response.into_parts();
    let body = body.into_bytes();
    let mut bytes = Vec::with_capacity(512 + body.len());
    let mut line = |texts: &[&[u8]]| {
        for text in texts {
            bytes.extend_from_slice(text);
        }
        bytes.extend_from_slice(b"\r\n");
    };
    let reason = parts.status.canonical_reason().unwrap_or_default();
    line(&[b"HTTP/1.1 ", parts.status.as_str().as_bytes(), b" ", reason.as_bytes()]);
    for (name, value) in &parts.headers {
        line(&[name.as_str().as_bytes(), b": ", value.as_bytes()]);
    }
    if parts.status != StatusCode::SWITCHING_PROTOCOLS {
        line(&[header::CONTENT_LENGTH.as_str().as_bytes(), b": ", body.len().to_string().as_bytes()]);
        // RFC 9110, section 6.6.1.
        if !parts.headers.contains_key(header::DATE) {
            let date = httpdate::fmt_http_date(SystemTime::now());
            line(&[header::DATE.as_str().as_bytes(), b": ", date.as_bytes()]);
        }
    }
    line(&[]);
    bytes.extend_from_slice(&body);
    bytes
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn a_101_has_neither_length_nor_date_and_headers_of_any_bytes() {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        response.headers_mut().insert("x-bytes", HeaderValue::from_bytes(b"caf\xe9").unwrap());
        assert_eq!(encode(response), b"HTTP/1.1 101 Switching Protocols\r\nx-bytes: caf\xe9\r\n\r\n");
    }

    #[test]
    fn a_refusal_has_a_length_and_a_date() {
        let mut response = Response::new(Body::from("no\n"));
        *response.status_mut() = StatusCode::from_u16(499).unwrap();
        let text = String::from_utf8(encode(response)).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let [status, length, date] = head.split("\r\n").collect::<Vec<_>>()[..] else { panic!("{head}") };
        assert_eq!((status, length, body), ("HTTP/1.1 499 ", "content-length: 3", "no\n"));
        assert!(httpdate::parse_http_date(date.strip_prefix("date: ").unwrap()).is_ok());
    }
}
