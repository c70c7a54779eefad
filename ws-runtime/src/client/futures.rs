//! The futures of a client. They have names, and ask nothing of the types of messages: because of an `async fn`, once an
//! argument is wrong, rustc reports the call and its `.await` as well.

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

/// A message that is sent while this is awaited: what [`Client::send`] returns.
///
/// Dropped before it completes, it has sent nothing.
#[must_use = "nothing is sent until it is awaited"]
pub struct ClientSendFuture<'a, Out> {
    entry: &'a Entry,
    shared: &'a Shared,
    encode: fn(&Out) -> Result<Message, ClientError>,
    stage: Stage<'a, Out>,
}

enum Stage<'a, Out> {
    Begun(Out),
    /// There was no room: as long as there is some, nothing is boxed.
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

/// Nothing in it is pinned.
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

/// A message that is received while this is awaited: what [`Client::recv`] returns.
///
/// Dropped before it completes, it has received nothing.
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

/// A client that closes while this is awaited: what [`Client::close`] returns.
#[must_use = "nothing is closed until it is awaited"]
pub struct ClientCloseFuture<'a>(pub(super) Boxed<'a, Ended>);

impl Future for ClientCloseFuture<'_> {
    type Output = Ended;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Ended> {
        self.0.as_mut().poll(cx)
    }
}

/// A client that connects while this is awaited: what [`ClientBuilder::connect`](super::ClientBuilder::connect) returns.
// An endpoint that connects would hold all of an attempt, 8 kB, if it were not boxed.
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
