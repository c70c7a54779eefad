//! The client's end of a pipe in memory, which behaves like a socket's.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};

/// How much it holds each way: what a socket's buffers might.
const CAPACITY: usize = 64 * 1024;

/// A pipe that takes what nobody will read, as a socket does whose peer has just closed.
///
/// Otherwise the pong to a ping that was sent long ago would break the connection, before the Close frame behind that
/// ping is read.
#[derive(Debug)]
pub(super) struct Pipe(DuplexStream);

impl Pipe {
    /// The client's end, and the server's.
    pub(super) fn new() -> (Self, DuplexStream) {
        let (client, server) = tokio::io::duplex(CAPACITY);
        (Self(client), server)
    }
}

impl AsyncRead for Pipe {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Pipe {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.0).poll_write(cx, bytes) {
            Poll::Ready(Err(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
                Poll::Ready(Ok(bytes.len()))
            }
            written => written,
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
