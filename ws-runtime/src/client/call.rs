//! [`ClientCall`]: a connection to one endpoint, with the types of its messages.

use std::{fmt, future::Future, io, marker::PhantomData};

use tokio::io::{AsyncRead, AsyncWrite};

use super::{ClientBuilder, ConnectFuture};

/// A connection to an endpoint in preparation, returned by [`ClientBuilder::call`].
#[must_use = "nothing is connected until `connect` is called and awaited"]
pub struct ClientCall<In, Out, C> {
    builder: ClientBuilder,
    messages: PhantomData<fn(Out, C) -> In>,
}

impl<In, Out, C> ClientCall<In, Out, C> {
    pub(super) fn new(builder: ClientBuilder) -> Self {
        Self { builder, messages: PhantomData }
    }

    /// Connects over TCP, or over TLS for `wss://`.
    ///
    /// # Errors
    ///
    /// Returns [`ConnectError::Request`](super::ConnectError::Request) if the request cannot be sent, and otherwise the
    /// same errors as [`ClientBuilder::connect`].
    ///
    /// # Panics
    ///
    /// Panics outside of a tokio runtime with I/O and time enabled.
    pub fn connect(self) -> ConnectFuture<In, Out, C> {
        self.builder.connect()
    }

    /// Connects over your own transports; see [`ClientBuilder::connect_with`].
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`connect`](Self::connect), except that `wss` does not need a feature.
    ///
    /// # Panics
    ///
    /// Panics outside of a tokio runtime with time enabled.
    pub fn connect_with<F, Fut, IO>(self, transport: F) -> ConnectFuture<In, Out, C>
    where
        F: FnMut() -> Fut + Send + 'static,
        Fut: Future<Output = io::Result<IO>> + Send + 'static,
        IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        self.builder.connect_with(transport)
    }
}

impl<In, Out, C> Clone for ClientCall<In, Out, C> {
    fn clone(&self) -> Self {
        Self::new(self.builder.clone())
    }
}

impl<In, Out, C> fmt::Debug for ClientCall<In, Out, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ClientCall").field(&self.builder).finish()
    }
}
