//! [`TlsStream`]: a transport that is encrypted.

use std::{
    fmt,
    future::{Future, poll_fn},
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::{Accept, server};

/// The transport of a [`TlsListener`](crate::TlsListener). It begins with the TLS handshake, which takes place before
/// anything is read or written.
pub struct TlsStream<IO>(Stage<IO>);

// The variants have about the same size.
enum Stage<IO> {
    Handshake(Accept<IO>),
    Open(server::TlsStream<IO>),
    Failed,
}

impl<IO: AsyncRead + AsyncWrite + Unpin> TlsStream<IO> {
    pub(super) fn new(accept: Accept<IO>) -> Self {
        Self(Stage::Handshake(accept))
    }

    /// Returns the transport beneath, if the handshake has not begun.
    pub(super) fn before_handshake(&mut self) -> Option<&mut IO> {
        match &mut self.0 {
            Stage::Handshake(accept) => accept.get_mut(),
            Stage::Open(_) | Stage::Failed => None,
        }
    }

    /// Completes the handshake.
    pub(super) async fn handshake(&mut self) -> io::Result<()> {
        poll_fn(|cx| self.poll_open(cx).map_ok(|_| ())).await
    }

    fn poll_open(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<&mut server::TlsStream<IO>>> {
        if let Stage::Handshake(accept) = &mut self.0 {
            self.0 = match ready!(Pin::new(accept).poll(cx)) {
                Ok(stream) => Stage::Open(stream),
                Err(error) => {
                    self.0 = Stage::Failed;
                    return Poll::Ready(Err(error));
                }
            };
        }
        Poll::Ready(match &mut self.0 {
            Stage::Open(stream) => Ok(stream),
            Stage::Handshake(_) | Stage::Failed => Err(io::ErrorKind::NotConnected.into()),
        })
    }
}

impl<IO: AsyncRead + AsyncWrite + Unpin> AsyncRead for TlsStream<IO> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(ready!(self.poll_open(cx))?).poll_read(cx, buffer)
    }
}

impl<IO: AsyncRead + AsyncWrite + Unpin> AsyncWrite for TlsStream<IO> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(ready!(self.poll_open(cx))?).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(ready!(self.poll_open(cx))?).poll_write_vectored(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(ready!(self.poll_open(cx))?).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.0 {
            Stage::Open(stream) => Pin::new(stream).poll_shutdown(cx),
            // Nothing was agreed on, so there is nothing to say goodbye with.
            Stage::Handshake(_) | Stage::Failed => Poll::Ready(Ok(())),
        }
    }
}

impl<IO> fmt::Debug for TlsStream<IO> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsStream").finish_non_exhaustive()
    }
}
