//! The client's end of an in-memory pipe, which behaves like a socket.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};

/// The capacity in each direction, similar to the buffers of a socket.
const CAPACITY: usize = 64 * 1024;

/// A pipe that accepts bytes that nobody will read, like a socket whose peer has just closed.
///
/// Otherwise the pong to an earlier ping would break the connection before the Close frame that follows that ping is
/// read.
#[derive(Debug)]
pub(super) struct Pipe(DuplexStream);

impl Pipe {
    /// Returns the client's end and the server's end.
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
