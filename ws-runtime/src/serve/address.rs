//! The arguments of [`App::run`](crate::App::run) and [`App::serve`](crate::App::serve), and the future that they
//! return.

use std::{
    fmt,
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::net::{TcpListener, ToSocketAddrs};

use super::ServeError;

/// A TCP address to listen on: `"127.0.0.1:8000"`, `("127.0.0.1", 8000)`, a `SocketAddr`, or anything else that tokio
/// accepts.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an address to listen on",
    label = "expected an address with a port, such as `\"127.0.0.1:8000\"`",
    note = "`\"0.0.0.0:8000\"` listens on every interface, `(\"127.0.0.1\", port)` has the port apart"
)]
pub trait Address: ToSocketAddrs + fmt::Debug + Send {}

#[diagnostic::do_not_recommend]
impl<T: ToSocketAddrs + fmt::Debug + Send> Address for T {}

/// A listener for [`App::serve`](crate::App::serve): a [`TcpListener`] of tokio.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a listener of tokio",
    label = "expected a `tokio::net::TcpListener`; for an address write `.run(\"127.0.0.1:8000\").await`",
    note = "`TcpListener::bind(\"127.0.0.1:8000\").await?` makes one, `TcpListener::from_std(listener)?` one of that of std"
)]
pub trait Listener: sealed::Listener {}

impl Listener for TcpListener {}

mod sealed {
    use tokio::net::TcpListener;

    pub trait Listener {
        fn into_tcp(self) -> TcpListener;
    }

    impl Listener for TcpListener {
        fn into_tcp(self) -> TcpListener {
            self
        }
    }
}

/// The future that [`App::run`](crate::App::run) and [`App::serve`](crate::App::serve) return. It serves while it is
/// awaited.
// The type has a name because, for a wrong argument of an `async fn`, rustc reports the call and its `.await` as
// well.
#[must_use = "nothing is served until it is awaited"]
pub struct ServeFuture<'a>(pub(crate) Pin<Box<dyn Future<Output = Result<(), ServeError>> + Send + 'a>>);

impl Future for ServeFuture<'_> {
    type Output = Result<(), ServeError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx)
    }
}

impl fmt::Debug for ServeFuture<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServeFuture").finish_non_exhaustive()
    }
}

/// Returns the same error with a text that names the address.
pub(crate) fn cannot_listen(address: &str, error: &io::Error) -> io::Error {
    let hint = match error.kind() {
        io::ErrorKind::AddrInUse => ": another process listens there",
        io::ErrorKind::InvalidInput => ": write host and port, such as \"127.0.0.1:8000\"",
        io::ErrorKind::PermissionDenied => ": ports below 1024 are for privileged processes",
        _ => "",
    };
    io::Error::new(error.kind(), format!("cannot listen on {address}: {error}{hint}"))
}
