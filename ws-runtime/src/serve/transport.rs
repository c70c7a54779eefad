//! Takes the transport out of an upgraded HTTP connection, and runs the WebSocket connection on it.

use std::{
    any::Any,
    future::Future,
    mem,
    pin::{Pin, pin},
};

use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::Instant,
};
use tracing::{Instrument, Span};

use super::{connections::Entry, patient::Patient, rewind::Rewind};
use crate::{
    Closed, Handshake,
    connection::{Attach, Outbox, Running, Watch, attach, drive},
    listener::tcp::set_nodelay,
    observe::{self, EndedConnection, OpenConnection},
};

/// A future that runs a connection to its end.
pub(super) type ConnectionFuture = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A connection that begins once the 101 has been sent.
pub(super) struct Connection {
    pub(super) entry: Entry,
    pub(super) handshake: Handshake,
    /// The upgrade of the HTTP server, if there is one.
    pub(super) on_upgrade: Option<OnUpgrade>,
    pub(super) outbox: Outbox,
    pub(super) running: Running,
    /// The end that hands over the connection, if the endpoint has accepted it.
    pub(super) endpoint: Option<(Attach, OpenConnection)>,
    pub(super) span: Span,
}

impl Connection {
    /// Runs the connection on this transport to its end. `behind` is what came after the handshake.
    pub(super) fn run_on<IO>(self, io: IO, behind: Vec<u8>) -> ConnectionFuture
    where
        IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let Self { entry, handshake, on_upgrade: _, outbox, running, endpoint, span } = self;
        let (waiting, open) = endpoint.unzip();
        let end = End::new(outbox.clone(), handshake, open, entry);
        instrument(connect(io, behind, outbox, running, waiting, end), span)
    }

    /// Waits for the transport of the HTTP server, and runs the connection on it to its end. Without an upgrade there
    /// is no transport.
    // An `async fn` would store its arguments twice.
    pub(super) fn run(self) -> ConnectionFuture {
        let Self { entry, handshake, on_upgrade, outbox, running, endpoint, span } = self;
        let (waiting, open) = endpoint.unzip();
        let mut end = End::new(outbox.clone(), handshake, open, entry);
        let serve = async move {
            let transport = pin!(async { Some(Transport::of(on_upgrade?.await.ok()?)) });
            match outbox.unless_abandoned(transport).await {
                Some(Some(Transport::Tcp(stream, head))) => {
                    connect(stream, head, outbox, running, waiting, end).await;
                }
                Some(Some(Transport::Boxed(io))) => {
                    connect(io, Vec::new(), outbox, running, waiting, end).await;
                }
                Some(None) => {
                    // The client left before it received the answer. The endpoint finds out, and ends by itself.
                    outbox.lose();
                    end.over();
                    drop(waiting);
                    outbox.unless_abandoned(running).await;
                }
                None => drop(running),
            }
        };
        instrument(serve, span)
    }
}

/// Runs a connection in its span. A disabled span is left out, as it would only take room.
fn instrument(connection: impl Future<Output = ()> + Send + 'static, span: Span) -> ConnectionFuture {
    if span.is_none() { Box::pin(connection) } else { Box::pin(connection.instrument(span)) }
}

/// Records how a connection ended as soon as it is over, even if it was dropped, and keeps its entry until the
/// endpoint has ended too.
struct End {
    outbox: Outbox,
    open: Option<OpenConnection>,
    is_over: bool,
    handshake: Handshake,
    /// When the handshake was answered.
    since: Instant,
    /// The shutdown of the server waits for it.
    entry: Entry,
}

impl End {
    fn new(outbox: Outbox, handshake: Handshake, open: Option<OpenConnection>, entry: Entry) -> Self {
        Self { outbox, open, is_over: false, handshake, since: Instant::now(), entry }
    }
}

impl Watch for End {
    fn over(&mut self) {
        if !mem::replace(&mut self.is_over, true) {
            observe::closed(&EndedConnection {
                closed: &self.outbox.closed().unwrap_or(Closed::Lost),
                endpoint: self.handshake.endpoint(),
                peer: self.handshake.client_addr(),
                lasted: self.since.elapsed(),
            });
            self.open = None;
            self.entry.over();
        }
    }
}

impl Drop for End {
    fn drop(&mut self) {
        self.over();
        self.outbox.expel();
    }
}

// An `async fn` would store its arguments twice.
fn connect<IO>(
    io: IO,
    head: Vec<u8>,
    outbox: Outbox,
    running: Running,
    waiting: Option<Attach>,
    end: End,
) -> impl Future<Output = ()> + Send + Unpin
where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let tcp = (&io as &dyn Any).downcast_ref::<TcpStream>();
    // Another server, or a listener of the user's, may not have done this.
    if let Some(stream) = tcp {
        set_nodelay(stream);
    }
    // The peer of a socket sees that it is closed.
    let bare = tcp.is_some() || is_unix_socket(&io);
    drive(attach(io, bare, head, outbox), running, waiting, end)
}

#[cfg(unix)]
fn is_unix_socket(io: &dyn Any) -> bool {
    io.is::<tokio::net::UnixStream>()
}

#[cfg(not(unix))]
fn is_unix_socket(_: &dyn Any) -> bool {
    false
}

/// The transport of a connection, and the bytes that came after the handshake.
enum Transport {
    /// A TCP connection, which is driven without the box around it.
    Tcp(TcpStream, Vec<u8>),
    /// A transport of any other type.
    Boxed(TokioIo<Upgraded>),
}

impl Transport {
    fn of(upgraded: Upgraded) -> Self {
        // The bytes that were read are copied, as hyper's buffer is large and mostly empty.
        let upgraded = match upgraded.downcast::<TokioIo<Rewind<Patient<TcpStream>>>>() {
            Ok(parts) => {
                let (stream, rest) = parts.io.into_inner().into_parts();
                return Self::Tcp(stream.into_inner(), [&parts.read_buf, &*rest].concat());
            }
            Err(upgraded) => upgraded,
        };
        match upgraded.downcast::<TokioIo<TcpStream>>() {
            Ok(parts) => Self::Tcp(parts.io.into_inner(), parts.read_buf.to_vec()),
            Err(upgraded) => Self::Boxed(TokioIo::new(upgraded)),
        }
    }
}
