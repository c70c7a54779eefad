//! The futures of a client. They are named types without bounds on the types of messages: for an `async fn` with a
//! wrong argument, rustc would report both the call and its `.await`.

use std::{
    fmt,
    future::Future,
    marker::PhantomData,
    mem,
    pin::Pin,
    task::{Context, Poll, ready},
};

use super::{
    Client, ClientError, ConnectError, Ended,
    builder::Connected,
    queue::{Entry, NotTaken},
    shared::Shared,
};
use crate::{Message, SocketError};

type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Sends a message while it is awaited; returned by [`Client::send`].
///
/// If it is dropped before it completes, nothing is sent.
#[must_use = "nothing is sent until it is awaited"]
pub struct ClientSendFuture<'a, Out> {
    entry: &'a Entry,
    shared: &'a Shared,
    encode: fn(&Out) -> Result<Message, ClientError>,
    stage: Stage<'a, Out>,
}

enum Stage<'a, Out> {
    Begun(Out),
    /// There was no room. As long as there is room, nothing is boxed.
    Waiting(Boxed<'a, Result<(), NotTaken>>),
    Done,
}

impl<'a, Out> ClientSendFuture<'a, Out> {
    pub(super) fn new(
        entry: &'a Entry,
        shared: &'a Shared,
        message: Out,
        encode: fn(&Out) -> Result<Message, ClientError>,
    ) -> Self {
        Self { entry, shared, encode, stage: Stage::Begun(message) }
    }
}

impl<Out> ClientSendFuture<'_, Out> {
    crate::elsewhere::result_methods!(Out => (), crate::Result<()>);
}

/// None of the fields is pinned.
impl<Out> Unpin for ClientSendFuture<'_, Out> {}

impl<Out> Future for ClientSendFuture<'_, Out> {
    type Output = Result<(), ClientError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut waiting = match mem::replace(&mut self.stage, Stage::Done) {
            Stage::Begun(message) => match self.entry.try_push((self.encode)(&message)?) {
                Ok(()) => return Poll::Ready(Ok(())),
                Err(NotTaken::Closed) => return Poll::Ready(Err(ClientError::Closed(self.shared.ended()))),
                Err(NotTaken::Full(message)) => Box::pin(self.entry.clone().push(message)),
            },
            Stage::Waiting(waiting) => waiting,
            Stage::Done => panic!("`ClientSendFuture` polled after completion"),
        };
        match waiting.as_mut().poll(cx) {
            Poll::Ready(sent) => {
                Poll::Ready(sent.map_err(|_closed| ClientError::Closed(self.shared.ended())))
            }
            Poll::Pending => {
                self.stage = Stage::Waiting(waiting);
                Poll::Pending
            }
        }
    }
}

/// Receives a message while it is awaited; returned by [`Client::recv`].
///
/// If it is dropped before it completes, nothing is received.
#[must_use = "nothing is received until it is awaited"]
pub struct ClientRecvFuture<'a, In> {
    pub(super) shared: &'a Shared,
    pub(super) decode: fn(Message) -> Result<In, SocketError>,
}

impl<In> ClientRecvFuture<'_, In> {
    crate::elsewhere::result_methods!(In => In, crate::Result<In>);
}

impl<In> Future for ClientRecvFuture<'_, In> {
    type Output = Result<In, ClientError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let message = ready!(self.shared.poll_recv(cx)).map_err(ClientError::Closed)?;
        Poll::Ready((self.decode)(message).map_err(ClientError::Message))
    }
}

/// Closes a client while it is awaited; returned by [`Client::close`].
#[must_use = "nothing is closed until it is awaited"]
pub struct ClientCloseFuture<'a>(pub(super) Boxed<'a, Ended>);

impl Future for ClientCloseFuture<'_> {
    type Output = Ended;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Ended> {
        self.0.as_mut().poll(cx)
    }
}

/// Connects a client while it is awaited; returned by [`ClientBuilder::connect`](super::ClientBuilder::connect).
// Boxed, because otherwise the future of an endpoint that connects would contain all of an attempt, 8 kB.
#[must_use = "nothing is connected until it is awaited"]
pub struct ConnectFuture<In, Out, C> {
    connected: Boxed<'static, Result<Connected, ConnectError>>,
    client: PhantomData<Made<In, Out, C>>,
}

type Made<In, Out, C> = fn() -> Client<In, Out, C>;

impl<In, Out, C> ConnectFuture<In, Out, C> {
    pub(super) fn new(
        connected: impl Future<Output = Result<Connected, ConnectError>> + Send + 'static,
    ) -> Self {
        Self { connected: Box::pin(connected), client: PhantomData }
    }
}

impl<In, Out, C> ConnectFuture<In, Out, C> {
    crate::elsewhere::result_methods!(In => Client<In, Out, C>, crate::Result<Client<In, Out, C>>);
}

impl<In, Out, C> Future for ConnectFuture<In, Out, C> {
    type Output = Result<Client<In, Out, C>, ConnectError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Connected { shared, entry, states } = ready!(self.connected.as_mut().poll(cx))?;
        Poll::Ready(Ok(Client::of(shared, entry, states)))
    }
}

impl<Out> fmt::Debug for ClientSendFuture<'_, Out> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientSendFuture").finish_non_exhaustive()
    }
}

impl<In> fmt::Debug for ClientRecvFuture<'_, In> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientRecvFuture").finish_non_exhaustive()
    }
}

impl fmt::Debug for ClientCloseFuture<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCloseFuture").finish_non_exhaustive()
    }
}

impl<In, Out, C> fmt::Debug for ConnectFuture<In, Out, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectFuture").finish_non_exhaustive()
    }
}
