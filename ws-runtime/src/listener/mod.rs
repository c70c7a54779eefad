//! [`Listener`]: where connections come from.

mod bind;
mod proxy_protocol;
pub(crate) mod tcp;
#[cfg(feature = "tls")]
pub(crate) mod tls;
#[cfg(unix)]
mod unix;

use std::{
    fmt,
    future::{Future, ready},
    io,
    time::Duration,
};

use tokio::io::{AsyncRead, AsyncWrite};
use tracing::field;

use crate::{
    Peer,
    observe::{self, Throttle},
};

pub(crate) use bind::{Bound, bind};
pub use proxy_protocol::ProxyProtocol;

/// How long to wait before accepting again after the process has run out of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A source of connections for [`App::serve`](crate::App::serve), such as a [`TcpListener`](tokio::net::TcpListener), a
/// [`UnixListener`](tokio::net::UnixListener), a TLS listener (feature `tls`), or a [`ProxyProtocol`].
///
/// A listener of your own needs [`accept`](Self::accept) and [`local_addr`](Self::local_addr):
///
/// ```
/// use std::{io, net::SocketAddr};
/// use tokio::net::{TcpListener, TcpStream};
/// use ws_runtime::{App, Listener};
///
/// /// Accepts connections from this machine only.
/// struct Local(TcpListener);
///
/// impl Listener for Local {
///     type Io = TcpStream;
///     type Addr = SocketAddr;
///
///     async fn accept(&mut self) -> (TcpStream, SocketAddr) {
///         loop {
///             let (stream, addr) = Listener::accept(&mut self.0).await;
///             if addr.ip().is_loopback() {
///                 return (stream, addr);
///             }
///         }
///     }
///
///     fn local_addr(&self) -> io::Result<SocketAddr> {
///         self.0.local_addr()
///     }
/// }
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// App::new().serve(Local(TcpListener::bind("0.0.0.0:8000").await?)).await?;
/// # Ok(()) }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a listener of tokio",
    label = "expected a `tokio::net::TcpListener`; for an address write `.run(\"127.0.0.1:8000\").await`",
    note = "`TcpListener::bind(\"127.0.0.1:8000\").await?` makes one, `TcpListener::from_std(listener)?` one of that of std"
)]
pub trait Listener: Send + 'static {
    /// The transport of a connection.
    type Io: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// The address of a peer, and of the listener.
    type Addr: Into<Peer> + fmt::Debug + Send;

    /// Accepts the next connection. After an error, the listener tries again by itself. It does not wait for anything
    /// that the peer has to send, because other connections would have to wait for it too; see
    /// [`establish`](Self::establish).
    fn accept(&mut self) -> impl Future<Output = (Self::Io, Self::Addr)> + Send;

    /// Returns the address that the listener is bound to.
    ///
    /// # Errors
    ///
    /// Returns an error if the operating system does.
    fn local_addr(&self) -> io::Result<Self::Addr>;

    /// Does what has to be done on a connection before its first request, such as a TLS handshake, and adds to the `peer`
    /// what was learned. This runs in the task of the connection. It has
    /// [`handshake_timeout`](crate::App::handshake_timeout), together with the request head, and counts in
    /// [`max_handshakes`](crate::App::max_handshakes). By default, there is nothing to do.
    ///
    /// # Errors
    ///
    /// After an error the connection is dropped.
    fn establish(io: &mut Self::Io, peer: &mut Peer) -> impl Future<Output = io::Result<()>> + Send {
        let _ = (io, peer);
        ready(Ok(()))
    }
}

/// Returns at once if the error concerns the connection that was to be accepted. Otherwise logs the error, and waits
/// before the next attempt.
async fn pause_after(error: io::Error) {
    static FAILURES: Throttle = Throttle::new();
    if is_connection_error(&error) {
        return;
    }
    if let Some(held_back) = FAILURES.pass() {
        observe::error!(
            "cannot accept connections; trying again",
            error = field::display(&error),
            held_back = held_back,
        );
    }
    tokio::time::sleep(ACCEPT_PAUSE).await;
}

/// Returns `true` if the error concerns the connection that was to be accepted, and not the listener.
fn is_connection_error(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
