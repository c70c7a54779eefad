//! The argument of [`App::run`](crate::App::run), and the future that it returns.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::net::ToSocketAddrs;

use super::ServeError;

/// A TCP address to listen on: `"127.0.0.1:8000"`, `("127.0.0.1", 8000)`, a `SocketAddr`, or anything else that tokio
/// accepts. A name such as `"localhost:8000"`, or a slice of `SocketAddr`, may stand for several addresses.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an address to listen on",
    label = "expected an address with a port, such as `\"127.0.0.1:8000\"`",
    note = "`\"0.0.0.0:8000\"` listens on every interface, `(\"127.0.0.1\", port)` has the port apart"
)]
pub trait Address: ToSocketAddrs + fmt::Debug + Send {}

#[diagnostic::do_not_recommend]
impl<T: ToSocketAddrs + fmt::Debug + Send> Address for T {}

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
