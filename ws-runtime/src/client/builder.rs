//! [`ClientBuilder`]: what a client connects to, and how.

use std::{
    fmt::{self, Display},
    future::Future,
    io,
    sync::Arc,
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::watch,
};

use super::{
    Backoff, ClientState, ConnectError, ConnectFuture, Ended,
    backoff::{Policy, Retry},
    queue::{Entry, queue},
    request::{Parts, Target},
    shared::Shared,
    task::{Dialer, Ending, Task},
    transport,
};
use crate::{IntoNames, IntoTimeout, connection::EVER, protocol::Sizes};

/// What a client connects to, and how. Made by [`Client::builder`].
///
/// | option | default |
/// |---|---|
/// | [`backoff`](Self::backoff) | 0.5 s to 30 s, doubled each time, random, for ever |
/// | [`retry_on`](Self::retry_on) | [`Ended::is_transient`] |
/// | [`connect_timeout`](Self::connect_timeout) | 10 s |
/// | [`ping_interval`](Self::ping_interval), [`pong_timeout`](Self::pong_timeout) | 20 s, 20 s |
/// | [`close_timeout`](Self::close_timeout) | 5 s |
/// | [`max_message_size`](Self::max_message_size) | 1 MiB |
/// | [`send_buffer`](Self::send_buffer) | 64 KiB |
/// | read ahead of the user | 32 messages or 64 KiB |
#[derive(Clone)]
pub struct ClientBuilder {
    parts: Parts,
    backoff: Backoff,
    policy: Option<Policy>,
    retry_first: bool,
    limits: Limits,
    send_buffer: usize,
    #[cfg(feature = "client-tls")]
    tls: Option<super::Tls>,
}

/// The limits of a connection.
#[derive(Debug, Clone)]
pub(super) struct Limits {
    pub(super) connect_timeout: Duration,
    pub(super) ping_interval: Option<Duration>,
    pub(super) pong_timeout: Duration,
    pub(super) close_timeout: Duration,
    pub(super) max_message_size: usize,
}

impl Limits {
    pub(super) fn sizes(&self) -> Sizes {
        Sizes { message: self.max_message_size, frame: self.max_message_size }
    }
}

impl ClientBuilder {
    pub(super) fn new(url: String) -> Self {
        Self {
            parts: Parts::new(url),
            backoff: Backoff::new(),
            policy: None,
            retry_first: false,
            limits: Limits {
                connect_timeout: Duration::from_secs(10),
                ping_interval: Some(Duration::from_secs(20)),
                pong_timeout: Duration::from_secs(20),
                close_timeout: Duration::from_secs(5),
                max_message_size: 1024 * 1024,
            },
            send_buffer: 64 * 1024,
            #[cfg(feature = "client-tls")]
            tls: None,
        }
    }

    /// Adds a parameter to the URL's query; name and value are escaped.
    #[must_use]
    pub fn query(mut self, name: impl AsRef<str>, value: impl Display) -> Self {
        self.parts.query(name.as_ref(), &value.to_string());
        self
    }

    /// Adds a header to the handshake, such as `Origin` or `Authorization`. Those of the WebSocket protocol itself are
    /// refused when connecting.
    #[must_use]
    pub fn header(mut self, name: impl AsRef<str>, value: impl AsRef<[u8]>) -> Self {
        self.parts.header(name.as_ref(), value.as_ref());
        self
    }

    /// Adds a cookie to the handshake. The value is sent as it is.
    #[must_use]
    pub fn cookie(mut self, name: impl AsRef<str>, value: impl Display) -> Self {
        self.parts.cookie(name.as_ref(), &value.to_string());
        self
    }

    /// Offers subprotocols, the most welcome first. The server must then select one of them;
    /// [`Client::protocol`] says which.
    #[must_use]
    pub fn protocols(mut self, protocols: impl IntoNames) -> Self {
        protocols.into_names().into_iter().for_each(|protocol| self.parts.protocol(protocol));
        self
    }

    /// How long to wait between attempts, and how many to make.
    #[must_use]
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.backoff = backoff;
        self
    }

    /// After which ends to connect again, in place of [`Ended::is_transient`].
    ///
    /// ```
    /// # use ws_runtime::client::Client;
    /// // This server closes 4001 when it moves a client to another machine.
    /// let builder = Client::builder("ws://127.0.0.1:8000/chat/bob")
    ///     .retry_on(|ended| ended.code() == Some(4001) || ended.is_transient());
    /// ```
    ///
    /// A client that was closed by [`Client::close`] or dropped never connects again.
    #[must_use]
    pub fn retry_on(mut self, policy: impl Fn(&Ended) -> bool + Send + Sync + 'static) -> Self {
        self.policy = Some(Arc::new(policy));
        self
    }

    /// Makes [`connect`](Self::connect) try again, too, as it would for a connection that ended. Without it the first
    /// failure is reported at once.
    #[must_use]
    pub fn retry_first(mut self) -> Self {
        self.retry_first = true;
        self
    }

    /// How long an attempt may take, from the look-up of the host to the answer to the handshake.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.limits.connect_timeout = timeout.min(EVER);
        self
    }

    /// How long the server may be silent before it is sent a ping; `None` for ever.
    #[must_use]
    pub fn ping_interval(mut self, interval: impl IntoTimeout) -> Self {
        self.limits.ping_interval = interval.into_timeout().map(|interval| interval.min(EVER));
        self
    }

    /// How long the server may stay silent after a ping, before it is taken for dead.
    #[must_use]
    pub fn pong_timeout(mut self, timeout: Duration) -> Self {
        self.limits.pong_timeout = timeout.min(EVER);
        self
    }

    /// How long [`Client::close`] gives the server to take what is queued and to answer the Close frame.
    #[must_use]
    pub fn close_timeout(mut self, timeout: Duration) -> Self {
        self.limits.close_timeout = timeout.min(EVER);
        self
    }

    /// Offers to compress messages (permessage-deflate, RFC 7692); the server decides. Default:
    /// [`Compression::off`](crate::Compression::off).
    #[cfg(feature = "deflate")]
    #[must_use]
    pub fn compression(mut self, compression: crate::Compression) -> Self {
        self.parts.compression(compression);
        self
    }

    /// The largest message that is received, in bytes. A larger one ends the connection with 1009.
    #[must_use]
    pub fn max_message_size(mut self, bytes: usize) -> Self {
        self.limits.max_message_size = bytes;
        self
    }

    /// How much may wait to be sent, in bytes; each message counts as its payload and 64 bytes. A message that is larger
    /// finds room when nothing else waits.
    #[must_use]
    pub fn send_buffer(mut self, bytes: usize) -> Self {
        self.send_buffer = bytes;
        self
    }

    /// Sets the TLS for `wss://`, such as a `ClientConfig` of [`rustls`](super::rustls_0_23), in place of one that trusts
    /// Mozilla's roots: for a certificate authority of your own, or client certificates.
    #[cfg(feature = "client-tls")]
    #[must_use]
    pub fn tls(mut self, tls: impl Into<super::Tls>) -> Self {
        self.tls = Some(tls.into());
        self
    }

    /// Connects by TCP, and for `wss://` by TLS.
    ///
    /// `In` is the type of what the client receives, `Out` of what it sends, `C` their format; most often the type of the
    /// variable says so:
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
    /// [`ConnectError::Url`], [`ConnectError::NoTls`] and [`ConnectError::Header`] for what cannot be asked;
    /// [`ConnectError::Failed`] if the server could not be reached, or refused with an HTTP status. A server that refuses
    /// with a Close frame, as those of this crate do by default, has accepted first: [`Client::recv`] reports that.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime with I/O and time.
    pub fn connect<In, Out, C>(self) -> ConnectFuture<In, Out, C> {
        ConnectFuture::new(self.connected())
    }

    async fn connected(self) -> Result<Connected, ConnectError> {
        let target = self.parts.target()?;
        let (host, port) = (target.host.clone(), target.port);
        if !target.tls {
            return self.start(target, transport::tcp(host, port)).await;
        }
        #[cfg(feature = "client-tls")]
        {
            let transport = transport::tls::tls(host, port, self.tls.clone()).map_err(Ended::from)?;
            self.start(target, transport).await
        }
        #[cfg(not(feature = "client-tls"))]
        Err(ConnectError::NoTls)
    }

    /// Connects over transports of your own: a Unix socket, a proxy, another TLS, a pipe in memory. `transport` is called
    /// for every attempt. The URL says what to ask for; its host is only told to the server.
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
    /// As [`connect`](Self::connect), but `wss` needs no feature.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime with time.
    pub fn connect_with<In, Out, C, F, Fut, IO>(self, transport: F) -> ConnectFuture<In, Out, C>
    where
        F: FnMut() -> Fut + Send + 'static,
        Fut: Future<Output = io::Result<IO>> + Send + 'static,
        IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        ConnectFuture::new(async move {
            let target = self.parts.target()?;
            self.start(target, transport).await
        })
    }

    async fn start<F, Fut, IO>(self, target: Target, transport: F) -> Result<Connected, ConnectError>
    where
        F: FnMut() -> Fut + Send + 'static,
        Fut: Future<Output = io::Result<IO>> + Send + 'static,
        IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let retry = Retry::new(self.backoff, self.policy);
        let mut dialer = Dialer { transport, target, limits: self.limits, retry };
        let opened = if self.retry_first { dialer.dial_again().await? } else { dialer.dial().await? };
        let (entry, queue) = queue(self.send_buffer);
        let shared = Arc::<Shared>::default();
        shared.set_protocol(opened.accepted.protocol.clone());
        let (changes, states) = watch::channel(ClientState::Open);
        let ending = Ending { shared: Arc::clone(&shared), states: changes };
        tokio::spawn(Task { dialer, queue, ending }.run(opened));
        Ok(Connected { shared, entry, states })
    }
}

/// What a client is made of, whatever its messages.
pub(super) struct Connected {
    pub(super) shared: Arc<Shared>,
    pub(super) entry: Entry,
    pub(super) states: watch::Receiver<ClientState>,
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Neither URL nor headers: they may hold secrets.
        f.debug_struct("ClientBuilder")
            .field("backoff", &self.backoff)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, not(feature = "client-tls")))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn tls_without_the_feature_is_an_error_that_names_it() {
        let error = Client::builder("wss://localhost/").connect::<(), (), crate::Json>().await.unwrap_err();
        assert!(matches!(error, ConnectError::NoTls));
        assert!(error.to_string().contains("`client-tls`"));
    }
}
