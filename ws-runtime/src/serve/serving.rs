//! [`serve`]: serves everything that a transport carries, in one task.

use std::{
    future::{Future, ready},
    io,
    marker::PhantomData,
    mem,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use http::Response;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    runtime::Handle,
};

use super::{
    answer::Answer,
    heads::Head,
    http1::serve_http,
    service::Inner,
    transport::{Connection, ConnectionFuture},
};
use crate::{Body, Listener, Peer};

/// Serves a transport to its end: HTTP up to a handshake, then the connection. `head` is the place of the
/// connection, if it has one already.
pub(super) fn serve<IO, E>(
    service: Arc<Inner>,
    io: IO,
    peer: Peer,
    head: Option<Head>,
) -> impl Future<Output = ()> + Send
where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    E: Establish<IO>,
{
    Serving(Stage::Http(Box::pin(async move {
        let slot = ConnectionSlot::default();
        serve_http::<_, E>(&service, io, peer, head, &slot).await
    })))
}

/// Does what has to be done on a transport before its first request.
pub(super) trait Establish<IO> {
    fn establish(io: &mut IO, peer: &mut Peer) -> impl Future<Output = io::Result<()>> + Send;
}

/// A transport on which there is nothing to do.
pub(super) struct Established;

impl<IO> Establish<IO> for Established {
    fn establish(_: &mut IO, _: &mut Peer) -> impl Future<Output = io::Result<()>> + Send {
        ready(Ok(()))
    }
}

/// A transport that comes from a listener.
pub(super) struct By<L>(PhantomData<L>);

impl<L: Listener> Establish<L::Io> for By<L> {
    fn establish(io: &mut L::Io, peer: &mut Peer) -> impl Future<Output = io::Result<()>> + Send {
        L::establish(io, peer)
    }
}

/// Spawns a future as a task of its own, as its owner no longer wants it.
pub(super) fn detach(future: impl Future<Output = ()> + Send + 'static) {
    // If there is no runtime, the process is ending.
    if let Ok(runtime) = Handle::try_current() {
        runtime.spawn(future);
    }
}

/// What a transport carries. Each future is boxed, as the task would otherwise keep the size of the larger one for
/// its whole life.
enum Stage<Http> {
    Http(Pin<Box<Http>>),
    WebSocket(ConnectionFuture),
    Over,
}

/// The future of [`serve`].
struct Serving<Http>(Stage<Http>);

impl<Http: Future<Output = Option<ConnectionFuture>>> Future for Serving<Http> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            // The stage is taken out while it is polled, so that a future which has panicked is not polled again.
            match mem::replace(&mut self.0, Stage::Over) {
                Stage::Http(mut http) => match http.as_mut().poll(cx) {
                    Poll::Ready(connection) => self.0 = connection.map_or(Stage::Over, Stage::WebSocket),
                    Poll::Pending => {
                        self.0 = Stage::Http(http);
                        return Poll::Pending;
                    }
                },
                Stage::WebSocket(mut connection) => {
                    if connection.as_mut().poll(cx).is_pending() {
                        self.0 = Stage::WebSocket(connection);
                        return Poll::Pending;
                    }
                }
                Stage::Over => return Poll::Ready(()),
            }
        }
    }
}

/// An open connection is not dropped with the future that served it: its endpoint would not end, and its peer would
/// not be told.
impl<Http> Drop for Serving<Http> {
    fn drop(&mut self) {
        if let Stage::WebSocket(connection) = mem::replace(&mut self.0, Stage::Over) {
            detach(connection);
        }
    }
}

/// The connection that begins once the 101 has been sent. If it is dropped before, its endpoint still has to end.
#[derive(Default)]
pub(super) struct ConnectionSlot(Mutex<Option<Connection>>);

impl ConnectionSlot {
    fn lock(&self) -> MutexGuard<'_, Option<Connection>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn keep(&self, answer: Answer) -> Response<Body> {
        *self.lock() = answer.connection;
        answer.response
    }

    pub(super) fn take(&self) -> Option<Connection> {
        self.lock().take()
    }
}

impl Drop for ConnectionSlot {
    fn drop(&mut self) {
        if let Some(connection) = self.take() {
            detach(connection.run());
        }
    }
}
