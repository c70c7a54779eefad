//! From an upgraded HTTP connection to the transport beneath it, and to the end of what it carries.

use std::{future::Future, sync::Arc};

use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    sync::oneshot,
};

use super::connections::Entry;
use crate::{
    Closed,
    connection::{Attached, Outbox, Running, attach, drive},
    observe::{self, OpenConnection},
};

/// Waits for the transport, puts it beneath the connection, and drives it to its end.
pub(super) async fn serve(
    _entry: Entry,
    on_upgrade: OnUpgrade,
    outbox: Outbox,
    running: Running,
    endpoint: Option<(oneshot::Sender<Attached>, OpenConnection)>,
) {
    let (attached, _open) = endpoint.unzip();
    let _end = End(outbox.clone());
    match on_upgrade.await.map(Transport::of) {
        Ok(Transport::Tcp(stream, head)) => connect(stream, head, outbox, running, attached).await,
        Ok(Transport::Boxed(io)) => connect(io, Vec::new(), outbox, running, attached).await,
        Err(_) => {
            // The client left before it had the answer. The endpoint learns it, and ends by itself.
            outbox.lose();
            drop(attached);
            running.await;
        }
    }
}

/// Tells how a connection ended, also if the shutdown deadline drops it.
struct End(Outbox);

impl Drop for End {
    fn drop(&mut self) {
        observe::closed(&self.0.closed().unwrap_or(Closed::Lost));
    }
}

// Not async, as it would hold what it is given twice.
fn connect<IO>(
    io: IO,
    head: Vec<u8>,
    outbox: Outbox,
    running: Running,
    attached: Option<oneshot::Sender<Attached>>,
) -> impl Future<Output = ()>
where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let inbox = attach(io, head, outbox);
    if let Some(attached) = attached {
        // If nobody waits for it any more, the endpoint has already ended.
        let _ = attached.send(Arc::clone(&inbox) as Attached);
    }
    drive(inbox, running)
}

/// What carries a connection, and the bytes that came in behind the handshake.
enum Transport {
    /// A TCP connection, driven without the box around it.
    Tcp(TcpStream, Vec<u8>),
    /// Any other.
    Boxed(TokioIo<Upgraded>),
}

impl Transport {
    fn of(upgraded: Upgraded) -> Self {
        match upgraded.downcast::<TokioIo<TcpStream>>() {
            // Copied, as hyper's buffer is large and mostly empty.
            Ok(parts) => {
                let stream = parts.io.into_inner();
                // Small messages should not wait for the acknowledgement of earlier ones. It works without. Refusals
                // have no use for it, so it is not set before.
                let _ = stream.set_nodelay(true);
                Self::Tcp(stream, parts.read_buf.to_vec())
            }
            Err(upgraded) => Self::Boxed(TokioIo::new(upgraded)),
        }
    }
}
