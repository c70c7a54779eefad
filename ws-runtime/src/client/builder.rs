//! [`ClientBuilder`]: the server that a client connects to, and the options of the connection.

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

#[cfg(doc)]
use super::Client;
use super::{
    Backoff, ClientState, ConnectError, ConnectFuture, Ended,
    backoff::{Policy, Retry},
    queue::{Entry, queue},
    request::{Parts, Target},
    shared::Shared,
    task::{Dialer, Ending, Task},
    transport,
};
use crate::{IntoNames, IntoTimeout, connection::MAX_TIMEOUT, protocol::Sizes, tracked::Position};

/// Configures a client and connects it; returned by [`Client::builder`].
///
/// | option | default |
/// |---|---|
/// | [`backoff`](Self::backoff) | 0.5 s to 30 s, doubled each time, with jitter, no limit of attempts |
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
    since: Option<Position>,
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
            since: None,
            #[cfg(feature = "client-tls")]
            tls: None,
        }
    }

    /// Adds a parameter to the query of the URL. The name and the value are percent-encoded.
    #[must_use]
    pub fn query(mut self, name: impl AsRef<str>, value: impl Display) -> Self {
        self.parts.query(name.as_ref(), &value.to_string());
        self
    }

    /// Sets the position in a room that the client starts from, such as one that [`Client::position`] returned before the
    /// program was restarted. It is sent as the query parameter `since`, as later ones are: see the
    /// [module](crate::client#nothing-missed).
    #[must_use]
    pub fn since(mut self, position: Position) -> Self {
        self.since = Some(position);
        self
    }

    /// Adds a header to the handshake, such as `Origin` or `Authorization`. The headers of the WebSocket protocol
    /// itself are rejected on connecting.
    #[must_use]
    pub fn header(mut self, name: impl AsRef<str>, value: impl AsRef<[u8]>) -> Self {
        self.parts.header(name.as_ref(), value.as_ref());
        self
    }

    /// Adds a cookie to the handshake. The value is sent verbatim.
    #[must_use]
    pub fn cookie(mut self, name: impl AsRef<str>, value: impl Display) -> Self {
        self.parts.cookie(name.as_ref(), &value.to_string());
        self
    }

    /// Offers subprotocols, in order of preference. The server must then select one of them; [`Client::protocol`]
    /// returns the selected one.
    #[must_use]
    pub fn protocols(mut self, protocols: impl IntoNames) -> Self {
        protocols.into_names().into_iter().for_each(|protocol| self.parts.protocol(protocol));
        self
    }

    /// Sets the delays between attempts, and the number of attempts.
    #[must_use]
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.backoff = backoff;
        self
    }

    /// Sets after which ends the client reconnects, in place of [`Ended::is_transient`].
    ///
    /// ```
    /// # use ws_runtime::client::Client;
    /// // This server closes 4001 when it moves a client to another machine.
    /// let builder = Client::builder("ws://127.0.0.1:8000/chat/bob")
    ///     .retry_on(|ended| ended.code() == Some(4001) || ended.is_transient());
    /// ```
    ///
    /// A client that was closed by [`Client::close`] or dropped never reconnects.
    #[must_use]
    pub fn retry_on(mut self, policy: impl Fn(&Ended) -> bool + Send + Sync + 'static) -> Self {
        self.policy = Some(Arc::new(policy));
        self
    }

    /// Makes [`connect`](Self::connect) retry as well, in the same way as after a connection that ended. By default the
    /// first failure is reported at once.
    #[must_use]
    pub fn retry_first(mut self) -> Self {
        self.retry_first = true;
        self
    }

    /// Sets the time limit of an attempt, from the look-up of the host to the response to the handshake.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.limits.connect_timeout = timeout.min(MAX_TIMEOUT);
        self
    }

    /// Sets how long the server may be silent before it is sent a ping. With `None` no pings are sent.
    #[must_use]
    pub fn ping_interval(mut self, interval: impl IntoTimeout) -> Self {
        self.limits.ping_interval = interval.into_timeout().map(|interval| interval.min(MAX_TIMEOUT));
        self
    }

    /// Sets how long the server may stay silent after a ping before the connection counts as lost.
    #[must_use]
    pub fn pong_timeout(mut self, timeout: Duration) -> Self {
        self.limits.pong_timeout = timeout.min(MAX_TIMEOUT);
        self
    }

    /// Sets how long [`Client::close`] waits for the server to take what is queued and to answer the Close frame.
    #[must_use]
    pub fn close_timeout(mut self, timeout: Duration) -> Self {
        self.limits.close_timeout = timeout.min(MAX_TIMEOUT);
        self
    }

    /// Offers compression of messages (permessage-deflate, RFC 7692); the server decides whether it is used. Default:
    /// [`Compression::off`](crate::Compression::off).
    #[cfg(feature = "deflate")]
    #[must_use]
    pub fn compression(mut self, compression: crate::Compression) -> Self {
        self.parts.compression(compression);
        self
    }

    /// Sets the size of the largest message that may be received, in bytes. A larger message closes the connection with
    /// 1009.
    #[must_use]
    pub fn max_message_size(mut self, bytes: usize) -> Self {
        self.limits.max_message_size = bytes;
        self
    }

    /// Sets how much may wait to be sent, in bytes. Each message counts as its payload and 64 bytes. A message that is
    /// larger than the buffer is accepted when nothing else is waiting.
    #[must_use]
    pub fn send_buffer(mut self, bytes: usize) -> Self {
        self.send_buffer = bytes;
        self
    }

    /// Sets the TLS configuration for `wss://`, such as a `ClientConfig` of [`rustls`](super::rustls_0_23), for example to use
    /// your own certificate authority or client certificates. By default Mozilla's root certificates are trusted.
    #[cfg(feature = "client-tls")]
    #[must_use]
    pub fn tls(mut self, tls: impl Into<super::Tls>) -> Self {
        self.tls = Some(tls.into());
        self
    }

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
        let opened = if self.retry_first {
            dialer.dial_again(self.since).await?
        } else {
            dialer.dial(self.since).await?
        };
        let (entry, queue) = queue(self.send_buffer);
        let shared = Arc::<Shared>::default();
        shared.set_protocol(opened.accepted.protocol.clone());
        shared.set_position(self.since);
        let (changes, states) = watch::channel(ClientState::Open);
        let ending = Ending { shared: Arc::clone(&shared), states: changes };
        tokio::spawn(Task { dialer, queue, ending }.run(opened));
        Ok(Connected { shared, entry, states })
    }
}

/// The parts of a client that do not depend on the types of its messages.
pub(super) struct Connected {
    pub(super) shared: Arc<Shared>,
    pub(super) entry: Entry,
    pub(super) states: watch::Receiver<ClientState>,
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The URL and the headers are left out, because they may contain secrets.
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
