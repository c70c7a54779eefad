//! Typed WebSocket endpoints for Rust.
//!
//! An attribute on an async function declares the whole server side of an endpoint. It reads and validates path,
//! query, cookie and header parameters, runs the checks that must pass before the connection is accepted, and turns
//! every error that leaves the function through `?` into a WebSocket close code and reason. Clients, browsers
//! included, receive that code and that reason.
//!
//! ```no_run
//! use ws_runtime::{App, Result, WebSocket, routes, websocket};
//!
//! #[websocket("/echo")]
//! async fn echo(mut ws: WebSocket) -> Result {
//!     loop {
//!         let text = ws.recv_text().await?; // a client that leaves ends the endpoint, quietly
//!         ws.send_text(text).await?;
//!     }
//! }
//!
//! #[tokio::main]
//! async fn main() -> std::result::Result<(), ws_runtime::ServeError> {
//!     App::new().routes(routes![echo]).run("127.0.0.1:8000").await
//! }
//! ```
//!
//! # Errors that close
//!
//! Parameters are arguments, and an error type says how each of its errors closes:
//!
//! ```
//! use ws_runtime::{CloseError, Handshake, SocketError, WebSocket, websocket};
//!
//! /// Everything that can end an `item` connection, and with which close code.
//! #[derive(Debug, thiserror::Error, CloseError)]
//! enum ItemError {
//!     #[error("session cookie missing")]
//!     #[close(1008)]
//!     NoSession,
//!     #[error(transparent)]
//!     #[close(transparent)]
//!     Socket(#[from] SocketError),
//! }
//!
//! /// Runs before the connection is accepted: without a cookie there is no connection.
//! async fn session(handshake: &Handshake) -> Result<String, ItemError> {
//!     handshake.cookie("session").map(str::to_owned).ok_or(ItemError::NoSession)
//! }
//!
//! #[websocket("/items/<id>/ws")]
//! async fn item(
//!     id: u64,
//!     #[query] q: Option<i32>,
//!     #[depends(session)] session: String,
//!     mut ws: WebSocket,
//! ) -> Result<(), ItemError> {
//!     loop {
//!         let text = ws.recv_text().await?;
//!         ws.send_text(format!("{session} wrote {text} for item {id}, with {q:?}")).await?;
//!     }
//! }
//! ```
//!
//! Without the cookie, `ws://127.0.0.1:8000/items/5/ws` is closed with 1008 and the reason `session cookie missing`.
//! With `?q=abc` it is closed with 1008 and a reason in JSON: `[{"type":"int_parsing","loc":["query","q"]}]`.
//!
//! # Where to find what
//!
//! The [`guide`](guide/index.html) shows what to write for everything that happens to a connection, and what the client
//! sees. It is part of the documentation that is built with all features.
//!
//! | for | items |
//! |---|---|
//! | endpoints | [`websocket`](macro@websocket), which describes all parameters and options; [`WebSocket`], its [`Sender`] and [`Receiver`], and [`Message`]; [`Upgrade`], a connection that the endpoint accepts itself; [`contract`](macro@contract) |
//! | parameters | [`Query`], [`State`], [`BearerToken`], [`ClientAddr`], [`Handshake`]; [`derive(FromText)`](derive@FromText) for words and [`FromHandshake`] for everything else |
//! | typed messages | `WebSocket<In, Out, C>` with [`Json`], [`BinaryJson`], `MessagePack` or a codec of your own ([`Encode`], [`Decode`]); `Valid` |
//! | errors and closes | [`derive(CloseError)`](derive@CloseError), [`on_error`](macro@on_error), [`Close`], [`CloseCode`], [`OrClose`]; [`Error`], which all errors convert into; [`SocketError`], [`ValidationError`] |
//! | before accept | [dependencies](macro@dependency), [`Guard`], and [`Rejection`], which says how a refusal reaches the client |
//! | serving | [`App`] and [`Router`] mount endpoints; [`App::fallback`] serves pages beside them; [`Service`] runs them inside an axum, tower or hyper server |
//! | listeners and proxies | [`Listener`]: TCP, a Unix socket, `Tls`, or several at once; [`App::trusted_proxies`], [`ProxyProtocol`] |
//! | rooms | [`rooms`]: broadcasts, presence, unique member IDs, history for clients that come back, several processes on Redis |
//! | clients | the module `client`, which reconnects, and the module `request`: `item::at(5).q(1)` |
//! | documentation | [`description`], the module `asyncapi`, and `App::docs`, a page to try endpoints on; `App::typescript`, a client for browsers |
//! | tests | the module `test`: `TestClient` |
//!
//! # How an error finds its close
//!
//! The scopes of an endpoint (nested routers, then the app) are asked from the innermost outwards. In each scope, a
//! [handler](App::on_error) for exactly the error's type comes first, then the scope's catch-all, which is a handler
//! for [`Error`]. If no scope has a handler, the type's own [`OnError`] decides. A [`SocketError`] which reports that
//! the peer is gone reaches no handler, because nobody is left to receive a close. A panic arrives as [`Panicked`].
//!
//! | what happened | the client sees |
//! |---|---|
//! | the endpoint returned `Ok(())` | 1000 |
//! | an error with a close code left the endpoint | that code and its reason |
//! | a parameter is missing or malformed | 1008, and JSON that says what is wrong |
//! | a message has the wrong frame type | 1003 |
//! | a message does not parse, or does not match its type | 1007 |
//! | a frame breaks the protocol, text is not UTF-8, a message exceeds 1 MiB | 1002, 1007, 1009 |
//! | the endpoint panicked, returned a boxed error, or forgot to accept | 1011 `internal server error` |
//! | `accept_timeout` expired | 1013 |
//!
//! # Limits
//!
//! The limits that name an option are set on the [`App`], on a [`Router`] or in an endpoint's attribute, and the
//! innermost setting wins. Those marked † are set on the app only.
//!
//! | limit | default | when it is exceeded | option |
//! |---|---|---|---|
//! | time to receive a request head, including a PROXY header and the TLS handshake before it | 10 s | TCP is dropped | `handshake_timeout` † |
//! | time for a PROXY header, and its size | 5 s, 16 KiB | TCP is dropped | – |
//! | size of a request head | 64 KiB | 431 | `max_head_size` † |
//! | connections whose request head has not arrived | 1024 | further connections wait to be accepted | `max_handshakes` † |
//! | open connections | – | 503 | `max_connections` † |
//! | open connections of one client | – | 429 | `max_connections_per_client` † |
//! | trusted proxies in a row | 32 | the last one is the client | – |
//! | time in which a peer takes no byte of an HTTP response | 60 s | TCP is dropped | `send_timeout` |
//! | time from the request to accept | 10 s | [`AcceptTimeout`], 1013 | `accept_timeout` |
//! | time between pings | 20 s | a ping is sent | `ping_interval` |
//! | silence after a ping | 20 s | 1011 `keepalive ping timeout` | `pong_timeout` |
//! | time without a byte of a message | – | [`IdleTimeout`], 1000 | `idle_timeout` |
//! | time that a connection lasts | – | 1001 `maximum lifetime reached`; see [`WebSocket::expires_at`] | `max_lifetime` |
//! | time in which one message arrives, if there is an `idle_timeout` | 10 × `idle_timeout` | [`IdleTimeout`], 1000 | – |
//! | messages per period | – | `RateLimited`, 1008 | `rate_limit` (feature `rate-limit`) |
//! | size of a message | 1 MiB | 1009 | `max_message_size` |
//! | size of a frame | that of a message | 1009 | `max_frame_size` |
//! | bytes that wait to be written | 64 KiB | `send` waits; see [`SendBuffer`] | `send_buffer` |
//! | time in which a member of a room takes less than its `send_buffer` while more waits | 5 s | 1013 `too slow`; see [`SlowMember`](rooms::SlowMember) | [`Rooms::slow_after`] |
//! | bytes that wait for a member of a room | 128 MiB | the same | [`Rooms::max_backlog`] |
//! | what rooms remember | nothing; else as set, 5 minutes, 1 MiB a room, 256 MiB together | the oldest is forgotten | [`Rooms::history`], [`History`](rooms::History) |
//! | time that a member stays in a room after its connection is over | `close_timeout` | the member leaves | – |
//! | messages of rooms that wait for Redis | 65,536, 16 MiB | they are not sent to other processes | `Redis::queue`, `Redis::queue_bytes` |
//! | messages from Redis that wait to be handed to members | 32 MiB | they are missed, and counted | `Redis::receive_buffer` |
//! | time for `Rooms::flush` | 5 s | it returns | `Redis::flush_timeout` |
//! | time for Redis to answer, including the answer to a join | 2 s | the room continues without Redis | `Redis::timeout` |
//! | time for which a dead process keeps its hold on rooms in Redis | 15 s | its IDs are released and its farewells sent | `Redis::lease` |
//! | messages read ahead of the endpoint | 32 messages or 64 KiB | the peer has to wait | – |
//! | nesting of JSON and MessagePack | 128 levels | 1007 | – |
//! | errors reported to a refused handshake, and bytes of each text in them | 100, 256 | the rest is not reported | – |
//! | broken rules reported for one `Valid` message | 100 | the rest is not reported | – |
//! | time in which the peer takes nothing of what it is sent | 60 s | 1013 `too slow`, then TCP is dropped | `send_timeout` |
//! | time for the peer to take what was sent and to answer our close | 5 s | TCP is dropped | `close_timeout` |
//! | streams on one HTTP/2 connection | 256 | further streams have to wait | – |
//! | bytes in flight on one HTTP/2 stream, and on a connection | 64 KiB, 1 MiB | the peer has to wait | – |
//! | time without a stream on an HTTP/2 connection | `handshake_timeout` | the connection is ended | – |
//! | window over which a shutdown spreads its closes | 0 s | – | `shutdown_spread` † |
//! | time for an endpoint that waits for the shutdown, and for one whose connection is over | 5 s | 1001; the endpoint is dropped | `shutdown_grace` † |
//! | time for the shutdown as a whole, after its window | 9 s | the remaining endpoints are dropped | `shutdown_deadline` † |
//!
//! The client (feature `client`) has limits of its own, which `client::ClientBuilder` lists.
//!
//! The `pong_timeout` starts when the ping has been written, and passes only while the driver reads. Every byte that
//! arrives counts as a sign of life, and so does a transport that was full and takes more again. A peer on a slow link
//! gets additional time: one second for every 32 KiB beyond the first 256 KiB that were on their way to it before the
//! ping, up to one minute.
//!
//! An endpoint may still have work to do when its connection is over. It then holds only its own resources: the
//! connection no longer counts in `max_connections` or in the gauge of open connections, rooms no longer list it, its
//! end has been logged, and the bytes that waited to be written are discarded. For `close_timeout` the endpoint can
//! still send to its rooms. A shutdown waits for it for `shutdown_grace`.
//!
//! # Shutdown
//!
//! SIGTERM, Ctrl-C and a [`ShutdownHandle`] stop a server: it answers new handshakes with 503 and `Retry-After`, and
//! its [health path](App::health) with 503; closes every open connection with 1001 (see [`App::shutdown_close`]), at
//! once or [spread over a window](App::shutdown_spread); and [`App::run`] returns. An endpoint that waits for
//! [`WebSocket::shutdown_started`], or did so within the last 5 seconds, gets time to end by itself. Endpoints that are
//! still running at the deadline are dropped, but an endpoint that blocks its thread
//! [cannot be](App::shutdown_deadline).
//!
//! # Logs and metrics
//!
//! Each connection is a `tracing` span named `websocket`, with its [number](ConnectionId), the endpoint, the peer, the
//! close code and the side that closed; [`App::on_span`] may give it a parent. When it ends, it is one line in the
//! access log: an event at info with the target `ws_runtime::access` and the fields `endpoint` (the function), `path`
//! (its pattern), `peer`, `code`, `closed_by` (`peer`, `local` or `lost`) and `duration` (in seconds). Filter that
//! target to turn the line off. A fault of the
//! server (1011, a panic) is one event at error. A refused origin or host is a warning, emitted at most once a minute
//! for each endpoint, with the number of refusals since the last one. A client that leaves is an event at debug, and so
//! is an error after the end of a connection. Every request that is refused over HTTP is one event at debug with its
//! cause. A client that exceeds its `rate_limit`, and a member of a room that reads too slowly, are an event at info, at
//! most once a minute for each endpoint or `Rooms`. Query strings, cookies and messages are never logged.
//!
//! Without a subscriber, a program still reports faults, refused origins and the address that it serves on standard
//! error: one line each, and at most ten per second. A subscriber replaces this, even if it ignores these events.
//! [`App::announce`] leaves out the address.
//!
//! With the feature `metrics`, the following are recorded through the [`metrics`](https://docs.rs/metrics) facade:
//!
//! | name | kind | labels | what it counts |
//! |---|---|---|---|
//! | `ws_connections_open` | gauge | | accepted connections that are not over |
//! | `ws_connections_accepted_total` | counter | | connections that endpoints accepted |
//! | `ws_connections_rejected_total` | counter | `cause` | refused handshakes; `cause` is an HTTP status, or `close_` and the code |
//! | `ws_connections_closed_total` | counter | `code`, `by` | ended connections, including those refused by a Close frame |
//! | `ws_connection_duration_seconds` | histogram | `code`, `by` | time from the answer to the handshake to the end of the connection |
//! | `ws_handshake_duration_seconds` | histogram | `outcome` | time from the request head to the answer; `outcome` is `accepted` or `rejected` |
//! | `ws_messages_received_total`, `ws_messages_sent_total` | counter | | messages |
//! | `ws_received_bytes_total`, `ws_sent_bytes_total` | counter | | bytes of their payload |
//! | `ws_queued_bytes` | gauge | | bytes that wait for clients to take them |
//! | `ws_rate_limited_total` | counter | | messages beyond `rate_limit` |
//! | `ws_slow_members_total` | counter | `action` | members of rooms that were closed for reading too slowly (`close`), and messages that such members missed (`drop`) |
//!
//! All of them have the label `endpoint`, which is the pattern of the endpoint's path, or `none` for a request that leads
//! to no endpoint. The label `code` is the close code, `none` without one, and `3xxx`, `4xxx` or `other` for a peer's code
//! that is not registered. The label `by` is `peer`, `local` or `lost`. A client can therefore create no labels. The
//! metrics are described to the recorder when the app is built, so install the recorder first. `examples/grafana.json` in
//! the repository is a dashboard of them.
//!
//! # Features
//!
//! All features are off by default.
//!
//! | feature | enables |
//! |---|---|
//! | `pattern` | the key `pattern` of parameters, through `regex` |
//! | `rate-limit` | the option `rate_limit`, through `governor` |
//! | `metrics` | counters and gauges through the `metrics` facade |
//! | `msgpack` | `MessagePack`, which encodes the messages of a typed connection, through `rmp-serde` |
//! | `test-client` | `TestClient`, which tests endpoints in memory |
//! | `garde` | `Valid<T>`, a message that follows the rules of its type, through `garde` |
//! | `redis` | [rooms that span processes](rooms#across-processes), through `redis` |
//! | `redis-tls` | `rediss://` for them, through `rustls` |
//! | `request` | the module `request`: requests of endpoints that fit their parameters, such as `item::at(5).q(1)`; `client` and `test-client` enable it |
//! | `deflate` | the option `compression` (permessage-deflate), through `flate2` and `zlib-rs` |
//! | `describe` | [`App::describe`], which returns what is known of every endpoint as [data](description) |
//! | `schema` | JSON Schemas in the description, through `schemars`, [`App::asyncapi`], an [AsyncAPI document](asyncapi), and [`App::typescript`], a client in TypeScript |
//! | `docs` | `App::docs`, a page that shows the endpoints and connects to them |
//! | `client` | the module `client`: a client that reconnects, through `backon` |
//! | `http2` | [WebSockets over HTTP/2](App#http2) (RFC 8441), through `h2` |
//! | `client-tls` | `wss://` for the client, through `rustls` |
//! | `tls` | `Tls` and [`App`]`::run_tls`: TLS for the server, through `rustls` |
//! | `systemd` | [`App::run`] listens on the sockets that systemd passes, through `listenfd` |

#![cfg_attr(docsrs, feature(doc_cfg))]

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
mod app;
mod arguments;
#[cfg(feature = "schema")]
pub mod asyncapi;
mod body;
#[cfg(feature = "client")]
pub mod client;
mod close;
mod closed;
mod codec;
mod connection;
#[cfg(feature = "describe")]
mod describing;
pub mod description;
#[cfg(feature = "docs")]
mod docs;
mod elsewhere;
mod endpoint;
mod error;
mod extract;
// The pages exist for rustdoc, which runs their code, and they link to items of these features. Builds leave them out.
#[cfg(all(
    any(doc, doctest),
    feature = "client",
    feature = "deflate",
    feature = "garde",
    feature = "rate-limit",
    feature = "redis",
    feature = "schema",
    feature = "test-client",
    feature = "tls"
))]
pub mod guide;
mod handshake;
mod info;
mod listener;
mod message;
mod observe;
mod options;
mod peer;
mod protocol;
#[cfg(feature = "request")]
pub mod request;
pub mod rooms;
mod routing;
mod serve;
mod state;
#[cfg(feature = "test-client")]
pub mod test;
mod text;
mod tracked;
#[cfg(feature = "schema")]
mod typescript;
mod validation;
mod websocket;

pub use http::HeaderMap;
#[doc = include_str!("../docs/close_error.md")]
pub use ws_macros::CloseError;
#[doc = include_str!("../docs/from_text.md")]
pub use ws_macros::FromText;
#[doc = include_str!("../docs/contract.md")]
pub use ws_macros::contract;
#[doc = include_str!("../docs/dependency.md")]
pub use ws_macros::dependency;
#[doc = include_str!("../docs/on_error.md")]
pub use ws_macros::on_error;
#[doc = include_str!("../docs/websocket.md")]
pub use ws_macros::websocket;

/// The version of `rustls` that a [`Tls`] can be made with.
#[cfg(feature = "tls")]
pub use tokio_rustls::rustls as rustls_0_23;

#[doc(hidden)]
pub use __private::FromDefault;
pub use app::App;
#[cfg(feature = "rate-limit")]
pub use arguments::IntoRateLimit;
pub use arguments::{IntoNames, IntoProxies, IntoProxy, IntoTimeout};
pub use body::Body;
pub use close::{
    Close, CloseCode, CloseReason, IntoClose, IntoCloseCode, IntoReason, IntoStatus, InvalidCloseCode,
};
pub use closed::{Closed, PeerClose};
#[cfg(feature = "msgpack")]
pub use codec::MessagePack;
#[cfg(feature = "garde")]
pub use codec::Valid;
pub use codec::{BinaryJson, Decode, Encode, Json};
#[cfg(feature = "rate-limit")]
pub use connection::RateLimit;
pub use connection::SendBuffer;
#[cfg(not(feature = "deflate"))]
#[doc(hidden)]
pub use elsewhere::NoCompression;
#[cfg(not(feature = "rate-limit"))]
#[doc(hidden)]
pub use elsewhere::NoRateLimit;
#[cfg(not(feature = "redis"))]
#[doc(hidden)]
pub use elsewhere::NoRedis;
#[doc(hidden)]
pub use elsewhere::{
    NoAccept, NoAwait, NoBind, NoClientConnect, NoClientText, NoCloseCodeNew, NoIterText, NoLayer, NoMount,
    NoOnUpgrade, NoPing, NoRecvBinary, NoRecvJson, NoRecvMessage, NoRecvText, NoRecvTimeout, NoRequest,
    NoSendMessage, NoService, NoWithState,
};
#[doc(hidden)]
pub use endpoint::{Checking, Handling, Refusal, Verdict};
pub use endpoint::{
    Contract, Endpoint, ErrorHandler, Guard, IntoOutcome, IntoRoute, IntoRoutes, Outcome, Route,
};
#[cfg(feature = "rate-limit")]
pub use error::RateLimited;
pub use error::{
    AcceptTimeout, CloseError, Closes, Error, ErrorContext, IdleTimeout, InvalidMessage, LastSendFuture,
    NeverAccepted, OnError, OrClose, Panicked, Phase, Result, SocketError, SubprotocolNotOffered,
};
#[cfg(feature = "test-client")]
pub use extract::IntoDependency;
pub use extract::{
    BearerToken, ClientAddr, Extraction, FromHandshake, FromText, MissingClientAddr, MissingState,
    NoBearerToken, Parameter, Query, Requirements, SharedState, State, TextError,
};
#[cfg(feature = "test-client")]
pub use handshake::HandshakeBuilder;
pub use handshake::{ConnectionId, Handshake, Origins, Rejection};
pub use info::EndpointInfo;
#[cfg(feature = "tls")]
pub use listener::tls::{Tls, TlsError, TlsListener, TlsReloader, TlsStream};
pub use listener::{Listener, ProxyProtocol};
pub use message::{Message, Utf8Bytes};
pub use peer::Peer;
#[cfg(feature = "deflate")]
pub use protocol::Compression;
pub use rooms::{Member, Room, Rooms};
pub use routing::{BuildError, IntoRouter, Router};
pub use serve::{Address, FallbackService, IntoListeners, ServeError, ServeFuture, Service, ShutdownHandle};
#[cfg(feature = "test-client")]
pub use test::{TestClient, TestError, TestSocket};
pub use tracked::{Position, Tracked};
pub use validation::{FieldError, Loc, ValidationError};
pub use websocket::{
    CloseFuture, Connection, FromJson, IntoBinary, IntoMessage, IntoText, Messages, Receiver, RecvFuture,
    SendFuture, Sender, Untyped, Upgrade, WebSocket, WebSocketIo,
};
