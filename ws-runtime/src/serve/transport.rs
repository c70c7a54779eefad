//! From an upgraded HTTP connection to the transport beneath it, and to the end of what it carries.

use std::future::Future;

use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tracing::{Instrument, Span};

use super::connections::Entry;
use crate::{
    Closed,
    connection::{Attach, Outbox, Running, attach, drive},
    observe::{self, OpenConnection},
};

/// A connection that begins when the 101 has been sent.
pub(super) struct Connection {
    pub(super) entry: Entry,
    pub(super) on_upgrade: OnUpgrade,
    pub(super) outbox: Outbox,
    pub(super) running: Running,
    /// What the endpoint waits for, if it was accepted.
    pub(super) endpoint: Option<(Attach, OpenConnection)>,
    pub(super) span: Span,
}

impl Connection {
    /// Waits for the transport, puts it beneath the connection, and drives it to its end.
    ///
    /// `nodelay`: a TCP connection has `TCP_NODELAY` already.
    // Not async, as it would hold what it is given twice.
    pub(super) fn run(self, nodelay: bool) -> impl Future<Output = ()> + Send {
        let Self { entry, on_upgrade, outbox, running, endpoint, span } = self;
        let (waiting, open) = endpoint.unzip();
        let end = End { outbox, _open: open, _entry: entry };
        let serve = async move {
            let outbox = &end.outbox;
            let upgraded = outbox.unless_abandoned(on_upgrade).await;
            match upgraded.map(|upgraded| upgraded.map(|io| Transport::of(io, nodelay))) {
                Some(Ok(Transport::Tcp(stream, head))) => {
                    connect(stream, true, head, outbox.clone(), running, waiting).await;
                }
                Some(Ok(Transport::Boxed(io))) => {
                    connect(io, false, Vec::new(), outbox.clone(), running, waiting).await;
                }
                Some(Err(_)) => {
                    // The client left before it had the answer. The endpoint learns it, and ends by itself.
                    outbox.lose();
                    drop(waiting);
                    outbox.unless_abandoned(running).await;
                }
                None => drop(running),
            }
        };
        serve.instrument(span)
    }
}

/// Tells how a connection ended, also if it was dropped.
struct End {
    outbox: Outbox,
    _open: Option<OpenConnection>,
    /// Last, as the end of the server waits for it.
    _entry: Entry,
}

impl Drop for End {
    fn drop(&mut self) {
        observe::closed(&self.outbox.closed().unwrap_or(Closed::Lost));
    }
}

// Not async, as it would hold what it is given twice.
fn connect<IO>(
    io: IO,
    bare: bool,
    head: Vec<u8>,
    outbox: Outbox,
    running: Running,
    waiting: Option<Attach>,
) -> impl Future<Output = ()>
where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    drive(attach(io, bare, head, outbox), running, waiting)
}

/// What carries a connection, and the bytes that came in behind the handshake.
enum Transport {
    /// A TCP connection, driven without the box around it.
    Tcp(TcpStream, Vec<u8>),
    /// Any other.
    Boxed(TokioIo<Upgraded>),
}

impl Transport {
    fn of(upgraded: Upgraded, nodelay: bool) -> Self {
        match upgraded.downcast::<TokioIo<TcpStream>>() {
            // Copied, as hyper's buffer is large and mostly empty.
            Ok(parts) => {
                let stream = parts.io.into_inner();
                if !nodelay {
                    // Small messages should not wait for the acknowledgement of earlier ones. It works without.
                    let _ = stream.set_nodelay(true);
                }
                Self::Tcp(stream, parts.read_buf.to_vec())
            }
            Err(upgraded) => Self::Boxed(TokioIo::new(upgraded)),
        }
    }
}
