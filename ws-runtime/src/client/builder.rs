//! [`ClientBuilder`]: the server that a client connects to, and the options of the connection.

mod connect;

use std::{
    fmt::{self, Display},
    future::Future,
    sync::Arc,
    time::Duration,
};

use super::{
    Attempt, Backoff, BoxError, ClientCall, Opening,
    backoff::Policy,
    hooks::{self, Hooks},
    request::Parts,
};
#[cfg(doc)]
use super::{Client, ClientState, Ended};
use crate::{
    IntoNames, IntoTimeout,
    connection::MAX_TIMEOUT,
    protocol::Sizes,
    request::{Call, Messages, prepare},
    tracked::Position,
};
pub(super) use connect::Connected;

/// Configures a client and connects it; returned by [`Client::builder`].
///
/// | option | default |
/// |---|---|
/// | [`backoff`](Self::backoff) | 0.5 s to 30 s, doubled each time, with jitter, no limit of attempts |
/// | [`retry_on`](Self::retry_on) | [`Ended::is_transient`] |
/// | [`connect_timeout`](Self::connect_timeout) | 10 s |
/// | [`ping_interval`](Self::ping_interval), [`pong_timeout`](Self::pong_timeout) | 20 s, 20 s |
/// | [`close_timeout`](Self::close_timeout) | 5 s |
/// | [`redirects`](Self::redirects) | 0, none is followed |
/// | [`max_message_size`](Self::max_message_size) | 1 MiB |
/// | [`send_buffer`](Self::send_buffer) | 64 KiB |
/// | read ahead of the user | 32 messages or 64 KiB |
#[derive(Clone)]
pub struct ClientBuilder {
    parts: Parts,
    backoff: Backoff,
    policy: Option<Policy>,
    retry_first: bool,
    hooks: Hooks,
    redirects: usize,
    limits: ClientLimits,
    send_buffer: usize,
    since: Option<Position>,
    #[cfg(feature = "client-tls")]
    tls: Option<super::Tls>,
}

/// The limits of a connection.
#[derive(Debug, Clone)]
pub(super) struct ClientLimits {
    pub(super) connect_timeout: Duration,
    pub(super) ping_interval: Option<Duration>,
    pub(super) pong_timeout: Duration,
    pub(super) close_timeout: Duration,
    pub(super) max_message_size: usize,
}

impl ClientLimits {
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
            hooks: Hooks::default(),
            redirects: 0,
            limits: ClientLimits {
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

    /// Sets the header `Authorization` to `Bearer` and this token.
    #[must_use]
    pub fn bearer_token(mut self, token: impl Display) -> Self {
        self.parts.bearer_token(&token.to_string());
        self
    }

    /// Adds a cookie to the handshake. The value is sent verbatim.
    #[must_use]
    pub fn cookie(mut self, name: impl AsRef<str>, value: impl Display) -> Self {
        self.parts.cookie(name.as_ref(), &value.to_string());
        self
    }

    /// Offers subprotocols, in order of preference. The server must then select one of them; [`Client::subprotocol`]
    /// returns the selected one.
    #[must_use]
    pub fn subprotocols(mut self, subprotocols: impl IntoNames) -> Self {
        subprotocols.into_names().into_iter().for_each(|subprotocol| self.parts.subprotocol(subprotocol));
        self
    }

    /// Sets what runs before each attempt to connect, the first one included. It receives the request as the builder
    /// describes it, and returns the request that is sent: with another URL, a fresh token, other headers or
    /// subprotocols. It is part of the attempt, so `connect_timeout` applies to it.
    ///
    /// If it fails, so does the attempt, with [`Ended::BeforeConnect`].
    ///
    /// ```
    /// # use ws_runtime::client::{BoxError, Client};
    /// # async fn fetch_token() -> Result<String, BoxError> { Ok("secret".to_owned()) }
    /// let builder = Client::builder("wss://example.com/chat").before_connect(|attempt| async move {
    ///     let token = fetch_token().await?;
    ///     Ok(attempt.bearer_token(token))
    /// });
    /// ```
    #[must_use]
    pub fn before_connect<F, Fut>(mut self, hook: F) -> Self
    where
        F: Fn(Attempt) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Attempt, BoxError>> + Send + 'static,
    {
        self.hooks.before_connect = Some(hooks::boxed(hook));
        self
    }

    /// Sets what runs on each connection, the first one included, before anything that is queued is sent: to log in, to
    /// subscribe again. It can send and receive messages; those that it does not receive remain for
    /// [`Client::recv`].
    ///
    /// The connection counts as open once the hook has returned `Ok`; until then, [`connect`](Self::connect) and the
    /// state [`Connecting`](ClientState::Connecting) last. The hook may take as long as `connect_timeout` says. If the
    /// server closes the connection meanwhile, the hook is dropped, and the attempt fails with the server's close. If
    /// the hook fails, the connection is closed with 1000, and the attempt fails with [`Ended::OnOpen`].
    ///
    /// ```
    /// # use ws_runtime::client::Client;
    /// let builder = Client::builder("ws://127.0.0.1:8000/prices").on_open(|mut opening| async move {
    ///     opening.send_text("login bob").await?;
    ///     if opening.recv_text().await? != *"welcome" {
    ///         return Err("the server does not know us".into());
    ///     }
    ///     opening.send_text("subscribe EUR").await?;
    ///     Ok(())
    /// });
    /// ```
    #[must_use]
    pub fn on_open<F, Fut>(mut self, hook: F) -> Self
    where
        F: Fn(Opening) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), BoxError>> + Send + 'static,
    {
        self.hooks.on_open = Some(hooks::boxed(hook));
        self
    }

    /// Sets how many redirects (301, 302, 303, 307 and 308) an attempt follows. Each attempt begins at the URL of the
    /// client again.
    ///
    /// `http` and `https` in the target of a redirect mean `ws` and `wss`. A redirect from `wss` to `ws` is not
    /// followed, and with [`connect_with`](Self::connect_with) none to another host or port. Another host or port is
    /// sent no cookies and none of the headers of the client except `Origin`, `User-Agent` and `Accept-Language`; `wss`
    /// on port 443 in place of `ws` on port 80 counts as the same. A redirect that is not followed is
    /// [`Ended::Refused`].
    ///
    /// Default: 0, none is followed.
    #[must_use]
    pub fn redirects(mut self, most: usize) -> Self {
        self.redirects = most;
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
    pub fn retry_on(mut self, policy: impl Fn(&super::Ended) -> bool + Send + Sync + 'static) -> Self {
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

    /// Sets how long the server may be silent before it is sent a ping. With `None` or zero no pings are sent.
    #[must_use]
    pub fn ping_interval(mut self, interval: impl IntoTimeout) -> Self {
        let interval = interval.into_timeout().filter(|interval| !interval.is_zero());
        self.limits.ping_interval = interval.map(|interval| interval.min(MAX_TIMEOUT));
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

    /// Prepares a [request](crate::request) of an endpoint, whose path, query, cookies and headers fit its parameters.
    /// The URL of this builder is that of the server, and its path, if there is one, is the prefix of the request.
    ///
    /// The client offers the subprotocols of the endpoint. Its messages have the types of the endpoint's: it receives
    /// what the endpoint sends.
    ///
    /// ```no_run
    /// # use serde::{Deserialize, Serialize};
    /// # use ws_runtime::{Result, WebSocket, websocket};
    /// # use ws_runtime::client::{Client, ConnectError};
    /// # #[derive(Serialize, Deserialize)] struct Command;
    /// # #[derive(Serialize, Deserialize)] struct Event;
    /// #[websocket("/items/<id>/ws")]
    /// async fn item(id: u64, #[query] q: Option<i32>, mut ws: WebSocket<Command, Event>) -> Result {
    /// #   let _ = ws.recv().await?;
    ///     Ok(())
    /// }
    ///
    /// # async fn run() -> std::result::Result<(), Box<dyn std::error::Error>> {
    /// // The type is `Client<Event, Command>`.
    /// let mut client = Client::builder("ws://127.0.0.1:8000").call(item::at(5).q(1)).connect().await?;
    /// client.send(Command).await?;
    /// let event: Event = client.recv().await?;
    /// # drop(event);
    /// # Ok(()) }
    /// ```
    ///
    /// Options of the client are set before.
    pub fn call<S: Messages, R: Call<S>>(mut self, request: R) -> ClientCall<S::Out, S::In, S::Format> {
        let (request, subprotocols) = prepare(request);
        self.parts.call(request, subprotocols);
        ClientCall::new(self)
    }
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
