//! How a builder makes its client: the first connection, and the task that keeps it.

use std::{future::Future, io, sync::Arc};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::watch,
};

use super::ClientBuilder;
#[cfg(doc)]
use crate::client::Client;
use crate::client::{
    ClientState, ConnectError, ConnectFuture,
    backoff::Retry,
    queue::{Entry, queue},
    request::Target,
    shared::Shared,
    task::{Dialer, Ending, Source, Task},
    transport,
};

impl ClientBuilder {
    /// Connects over TCP, or over TLS for `wss://`.
    ///
    /// `In` is the type of the messages that the client receives, `Out` the type of those it sends, and `C` their
    /// format. They are usually inferred from the type of the variable:
    ///
    /// ```no_run
    /// # use ws_runtime::client::{Client, ConnectError};
    /// # #[derive(serde::Deserialize)] struct Event;
    /// # #[derive(serde::Serialize)] struct Command;
    /// # async fn run() -> Result<(), ConnectError> {
    /// let mut client: Client<Event, Command> = Client::builder("ws://127.0.0.1:8000/chat/bob").connect().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`ConnectError::Url`], [`ConnectError::NoTls`] or [`ConnectError::Header`] if the request cannot be
    /// made, and [`ConnectError::Failed`] if the server could not be reached or refused with an HTTP status. A server
    /// that refuses with a Close frame, as those of this crate do by default, accepts the connection first:
    /// [`Client::recv`] then reports the refusal.
    ///
    /// # Panics
    ///
    /// Panics outside of a tokio runtime with I/O and time enabled.
    pub fn connect<In, Out, C>(self) -> ConnectFuture<In, Out, C> {
        ConnectFuture::new(self.connected())
    }

    async fn connected(self) -> Result<Connected, ConnectError> {
        let source = self.source()?;
        #[cfg(not(feature = "client-tls"))]
        if let Source::Same(target) = &source {
            if target.tls {
                return Err(ConnectError::NoTls(target.url()));
            }
        }
        #[cfg(feature = "client-tls")]
        let transport = transport::any(self.tls.clone());
        #[cfg(not(feature = "client-tls"))]
        let transport = transport::any();
        self.start(source, true, transport).await
    }

    /// Checks the request, unless the hook makes it.
    fn source(&self) -> Result<Source, ConnectError> {
        Ok(match &self.hooks.before_connect {
            Some(hook) => Source::Hook(self.parts.clone(), Arc::clone(hook)),
            None => Source::Same(Arc::new(self.parts.target()?)),
        })
    }

    /// Connects over your own transports: a Unix socket, a proxy, another TLS implementation, a pipe in memory.
    /// `transport` is called for every attempt. The URL determines the request; its host is only sent to the server,
    /// and not resolved.
    ///
    /// ```no_run
    /// # use ws_runtime::client::{Client, ConnectError};
    /// # use tokio::net::UnixStream;
    /// # async fn run() -> Result<(), ConnectError> {
    /// let mut client: Client = Client::builder("ws://localhost/echo")
    ///     .connect_with(|| UnixStream::connect("/run/echo.sock"))
    ///     .await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`connect`](Self::connect), except that `wss` does not need a feature.
    ///
    /// # Panics
    ///
    /// Panics outside of a tokio runtime with time enabled.
    pub fn connect_with<In, Out, C, F, Fut, IO>(self, mut transport: F) -> ConnectFuture<In, Out, C>
    where
        F: FnMut() -> Fut + Send + 'static,
        Fut: Future<Output = io::Result<IO>> + Send + 'static,
        IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        ConnectFuture::new(async move {
            let source = self.source()?;
            self.start(source, false, move |_: &Target| transport()).await
        })
    }

    async fn start<F, Fut, IO>(
        self,
        source: Source,
        is_free: bool,
        transport: F,
    ) -> Result<Connected, ConnectError>
    where
        F: FnMut(&Target) -> Fut + Send + 'static,
        Fut: Future<Output = io::Result<IO>> + Send + 'static,
        IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let retry = Retry::new(self.backoff, self.policy);
        let mut dialer = Dialer {
            transport,
            source,
            redirects: self.redirects,
            is_free,
            on_open: self.hooks.on_open,
            limits: self.limits,
            retry,
            attempts: 0,
            has_opened: false,
            since: self.since,
        };
        let first = if self.retry_first { dialer.dial_again().await? } else { dialer.dial(None).await? };
        let (entry, queue) = queue(self.send_buffer);
        let shared = Arc::<Shared>::default();
        shared.set_subprotocol(first.subprotocol.clone());
        shared.set_position(self.since);
        let (changes, states) = watch::channel(ClientState::Open);
        let ending = Ending { shared: Arc::clone(&shared), states: changes };
        tokio::spawn(Task { dialer, ending }.run(queue, first));
        Ok(Connected { shared, entry, states })
    }
}

/// The parts of a client that do not depend on the types of its messages.
pub(in crate::client) struct Connected {
    pub(in crate::client) shared: Arc<Shared>,
    pub(in crate::client) entry: Entry,
    pub(in crate::client) states: watch::Receiver<ClientState>,
}

#[cfg(all(test, not(feature = "client-tls")))]
mod tests {
    use super::*;
    use crate::client::Client;

    #[tokio::test]
    async fn tls_without_the_feature_is_an_error_that_names_it() {
        let error = Client::builder("wss://localhost/").connect::<(), (), crate::Json>().await.unwrap_err();
        assert!(matches!(error, ConnectError::NoTls(_)));
        assert!(error.to_string().contains("`wss://localhost/`"));
        assert!(error.to_string().contains("`client-tls`"));
    }
}
