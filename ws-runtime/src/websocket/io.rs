//! [`WebSocketIo`]: the binary messages of a connection as a stream of bytes.

use std::{
    fmt, io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf as _, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{Receiver, WebSocket};
use crate::{
    CloseCode, Closed, Message, SocketError,
    connection::ConnectionError,
    protocol::{Opcode, Payload},
};

/// The most bytes that are sent in one message.
const MAX_MESSAGE: usize = 64 * 1024;

impl<In, Out, C> WebSocket<In, Out, C> {
    /// Converts the connection into a stream of bytes, for protocols whose units span messages, such as MQTT and SSH: see
    /// [`WebSocketIo`].
    ///
    /// ```
    /// # use ws_runtime::{Result, OrClose, CloseCode, WebSocket, websocket};
    /// # use tokio::{io::copy_bidirectional, net::TcpStream};
    /// /// A way through to an SSH server.
    /// #[websocket("/ssh")]
    /// async fn ssh(ws: WebSocket) -> Result {
    ///     let mut server = TcpStream::connect("127.0.0.1:22").await.or_close(CloseCode::BAD_GATEWAY, "no server")?;
    ///     copy_bidirectional(&mut ws.into_io(), &mut server).await.or_close(CloseCode::BAD_GATEWAY, "broken")?;
    ///     Ok(())
    /// }
    /// ```
    #[must_use]
    pub fn into_io(self) -> WebSocketIo {
        WebSocketIo { receiver: self.receiver.typed(), unread: Bytes::new(), over: None }
    }
}

/// The binary messages of a connection as a stream of bytes that implements [`AsyncRead`] and [`AsyncWrite`]; returned by
/// [`WebSocket::into_io`]. Where one message ends and the next begins has no meaning.
///
/// - **Reading** yields the payloads of the messages one after another. It ends (0 bytes) once either side has closed
///   with 1000 or 1001 or the peer without a code. After any other close it is an error of kind `ConnectionAborted`, and
///   of kind `ConnectionReset` if the connection was lost without a Close frame. A text message is an error of kind
///   `InvalidData`, and an expired `idle_timeout` one of kind `TimedOut`. [`io::Error::get_ref`] has the
///   [`SocketError`]. The driver reads no further ahead than it does for [`recv`](WebSocket::recv).
/// - **Writing** sends each write as one message, of at most 64 KiB. It waits while the send buffer is full (64 KiB by
///   default). After a close it is an error of kind `BrokenPipe`.
/// - **Flushing** does nothing: what was written is sent as soon as the task yields.
/// - **Shutting down** closes the connection with 1000, after everything that was written. There is no half of a
///   connection in WebSocket: what the peer sends afterwards is not received, and reading ends.
///
/// The connection ends with the endpoint's function, as always.
pub struct WebSocketIo {
    receiver: Receiver<Message>,
    /// What is left of the last message.
    unread: Bytes,
    /// How reading ended.
    over: Option<Closed>,
}

impl WebSocketIo {
    /// Returns how the connection was closed, if it is closed.
    #[must_use]
    pub fn closed(&self) -> Option<Closed> {
        self.receiver.closed()
    }
}

impl AsyncRead for WebSocketIo {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        while self.unread.is_empty() && buffer.remaining() > 0 {
            if let Some(closed) = &self.over {
                return Poll::Ready(end(closed.clone()));
            }
            match ready!(self.receiver.poll_recv(cx)).and_then(Message::into_binary) {
                Ok(bytes) => self.unread = bytes,
                Err(SocketError::Closed(closed)) => self.over = Some(closed),
                Err(error) => return Poll::Ready(Err(failure(error))),
            }
        }
        let length = self.unread.len().min(buffer.remaining());
        buffer.put_slice(&self.unread[..length]);
        self.unread.advance(length);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for WebSocketIo {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let outbox = self.receiver.outbox();
        let bytes = &bytes[..bytes.len().min(MAX_MESSAGE)];
        if bytes.is_empty() {
            return Poll::Ready(Ok(0));
        }
        loop {
            ready!(outbox.poll_capacity(cx)).map_err(broken)?;
            // Another sender may have taken the room.
            if let Poll::Ready(sent) = outbox.poll_append(Opcode::Binary, Payload::Borrowed(bytes)) {
                return Poll::Ready(sent.map(|()| bytes.len()).map_err(broken));
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // Shutting down twice is not an error.
        let _ = self.receiver.outbox().close(CloseCode::NORMAL_CLOSURE.into());
        Poll::Ready(Ok(()))
    }
}

/// Returns what reading says of the end of the connection.
fn end(closed: Closed) -> io::Result<()> {
    let kind = match (&closed, closed.code()) {
        (Closed::Peer(None), _) | (_, Some(1000 | 1001)) => return Ok(()),
        (Closed::Lost, _) => io::ErrorKind::ConnectionReset,
        _ => io::ErrorKind::ConnectionAborted,
    };
    Err(io::Error::new(kind, SocketError::Closed(closed)))
}

fn failure(error: SocketError) -> io::Error {
    let kind = match &error {
        SocketError::ExpectedBinary => io::ErrorKind::InvalidData,
        SocketError::Idle(_) => io::ErrorKind::TimedOut,
        _ => io::ErrorKind::Other,
    };
    io::Error::new(kind, error)
}

fn broken(error: ConnectionError) -> io::Error {
    io::Error::new(io::ErrorKind::BrokenPipe, SocketError::from(error))
}

impl fmt::Debug for WebSocketIo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebSocketIo").field("closed", &self.closed()).finish_non_exhaustive()
    }
}
