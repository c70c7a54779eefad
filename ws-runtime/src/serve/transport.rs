//! From an upgraded HTTP connection to the transport beneath it.

use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// What carries a connection, and the bytes that came in behind the handshake.
pub(super) enum Transport {
    /// A TCP connection, driven without the box around it.
    Tcp(TcpStream, Vec<u8>),
    /// Any other.
    Boxed(TokioIo<Upgraded>),
}

impl Transport {
    pub(super) fn of(upgraded: Upgraded) -> Self {
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
