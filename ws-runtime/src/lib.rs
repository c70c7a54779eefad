//! Typed WebSocket endpoints for Rust.
//!
//! An attribute on an async function is the whole server side of an endpoint. It reads and validates path, query,
//! cookie and header parameters, runs the checks that must pass before the connection is accepted, and turns every
//! error that leaves the function through `?` into a WebSocket close code and reason that the client, a browser
//! included, really receives.
//!
//! ```no_run
//! use ws_runtime::{App, CloseError, Handshake, SocketError, WebSocket, routes, websocket};
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
//!         let text = ws.recv_text().await?; // the client leaving ends the endpoint, quietly
//!         ws.send_text(format!("Message text was: {text}, for item ID: {id}")).await?;
//!     }
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), ws_runtime::ServeError> {
//!     App::new().routes(routes![item]).run("127.0.0.1:8000").await
//! }
//! ```
//!
//! `ws://127.0.0.1:8000/items/5/ws` without the cookie is closed with 1008 `session cookie missing`; with `?q=abc` it is
//! closed with 1008 and a reason that is JSON: `[{"type":"int_parsing","loc":["query","q"]}]`.
//!
//! # Where to find what
//!
//! - **Guide**: [`guide`](guide/index.html), which stands in the documentation with all features, says what to write for
//!   each thing that happens to a connection, and what the client sees.
//! - **Endpoints**: [`websocket`](macro@websocket) has the attribute with all its parameters and options; [`WebSocket`] the
//!   connection; [`Upgrade`] a connection that the endpoint accepts itself.
//! - **Rooms**: [`rooms`] has broadcasts, presence and unique member IDs.
//! - **Errors**: [`derive(CloseError)`](derive@CloseError) and [`on_error`](macro@on_error) say how a type closes; [`Error`] is the
//!   type that they all convert into; [`OrClose`] gives a foreign error a code on the spot; [`Close`] is an end in itself.
//! - **Before accept**: [`Guard`]s, [`FromHandshake`] types and dependencies; [`Rejection`] says how a refusal travels.
//! - **Serving**: [`App`] and [`Router`] mount endpoints; [`App::fallback`] serves pages beside them; [`Service`] puts them
//!   into an axum, tower or hyper server.
//!
//! # How an error finds its close
//!
//! Innermost scope first (nested routers, then the app): a [handler](App::on_error) for its exact type, then the scope's
//! catch-all, which is a handler for [`Error`]; at last the type's own [`OnError`]. The [`SocketError`] that says that the
//! peer is gone is dispatched to nobody: there is nobody to tell. A panic arrives as [`Panicked`].
//!
//! | what happened | the client sees |
//! |---|---|
//! | the endpoint returned `Ok(())` | 1000 |
//! | an error with a close code left it | that code, and its reason |
//! | a parameter is missing or malformed | 1008, and what is wrong as JSON |
//! | a wrong frame type; a message that does not parse, or not as its type | 1003; 1007 |
//! | a frame breaks the protocol, text is not UTF-8, a message is over 1 MiB | 1002, 1007, 1009 |
//! | a panic, a boxed error, an endpoint that forgot to accept | 1011 `Internal server error` |
//! | `accept_timeout` passed | 1013 |
//!
//! # Limits
//!
//! Those with a name are set on the [`App`], a [`Router`] or an endpoint's attribute, the innermost setting wins; those
//! marked † on the app alone.
//!
//! | limit | default | past it | set by |
//! |---|---|---|---|
//! | time for a request head | 10 s | TCP is dropped | `handshake_timeout` † |
//! | size of a request head | 64 KiB | 431 | `max_head_size` † |
//! | connections whose request head has not come | 1024 | more wait to be accepted | `max_handshakes` † |
//! | open connections | – | 503 | `max_connections` † |
//! | time in which a peer takes no byte of an HTTP answer | 60 s | TCP is dropped | `send_timeout` |
//! | time from the request to accept | 10 s | [`AcceptTimeout`], 1013 | `accept_timeout` |
//! | time between pings | 20 s | a ping | `ping_interval` |
//! | silence after a ping | 20 s | 1011 `keepalive ping timeout` | `pong_timeout` |
//! | time without a byte of a message | – | [`IdleTimeout`], 1000 | `idle_timeout` |
//! | time in which one message arrives, with an `idle_timeout` | 10 × that | [`IdleTimeout`], 1000 | – |
//! | messages in a time | – | `RateLimited`, 1008 | `rate_limit` (feature `rate-limit`) |
//! | size of a message | 1 MiB | 1009 | `max_message_size` |
//! | size of a frame | as a message | 1009 | `max_frame_size` |
//! | bytes that wait to be written | 64 KiB | `send` waits; see [`SendBuffer`] | `send_buffer` |
//! | time in which a member of a room takes less than its `send_buffer`, while more waits | 5 s | 1013 `too slow`; see [`SlowMember`](rooms::SlowMember) | [`Rooms::slow_after`] |
//! | bytes that wait for a member of a room | 128 MiB | the same | [`Rooms::max_backlog`] |
//! | time in a room after the connection is over | `close_timeout` | the member leaves | – |
//! | messages of rooms that wait for Redis | 1024, 16 MiB | not sent to other processes | `Redis::queue`, `Redis::queue_bytes` |
//! | messages from Redis that wait to be handed to members | 32 MiB | missed, and counted | `Redis::receive_buffer` |
//! | time for `Rooms::flush` | 5 s | it returns | `Redis::flush_timeout` |
//! | time for Redis to answer, to a join as well | 2 s | the room goes on without | `Redis::timeout` |
//! | what a dead process holds in rooms on Redis | 15 s | released, with its farewells | `Redis::lease` |
//! | read ahead of the endpoint | 32 messages or 64 KiB | the peer has to wait | – |
//! | nesting of JSON and MessagePack | 128 levels | 1007 | – |
//! | errors that a refused handshake is told, and bytes of each text in them | 100, 256 | the rest is not told | – |
//! | broken rules that one `Valid` message is told | 100 | the rest is not told | – |
//! | time in which the peer takes nothing of what it is sent | 60 s | 1013 `too slow`, then TCP is dropped | `send_timeout` |
//! | time for the peer to take what was sent and answer our close | 5 s | TCP is dropped | `close_timeout` |
//! | time for endpoints that wait for the shutdown | 5 s | 1001 | `shutdown_grace` † |
//! | time for the shutdown as a whole | 10 s | the rest is dropped | `shutdown_deadline` † |
//! | the same for an endpoint whose connection is over | half of it | it is dropped | – |
//!
//! The client (feature `client`) has limits of its own: `client::ClientBuilder` has their table.
//!
//! `pong_timeout` runs once the ping went out, and while we read. Any byte that comes in is life, and so is a transport that
//! takes more after it was full. A peer on a slow link has longer: a second for every 32 KiB beyond 256 KiB that were on their
//! way to it before the ping, and a minute at most.
//!
//! When its connection is over, an endpoint may still have something to do. It then holds only what is its own: its connection
//! is no longer counted in `max_connections` and in the gauge of open connections, it is no longer listed in rooms, and its end
//! is logged. What waited to be written is given up. It may still say something to its rooms, for `close_timeout`. A shutdown
//! waits for it, for half of its deadline.
//!
//! # Shutdown
//!
//! SIGTERM, Ctrl-C and a [`ShutdownHandle`] end a server: nothing more is accepted, every open connection is closed with
//! 1001 ([`App::shutdown_close`]), and [`App::run`] returns. An endpoint that waits for
//! [`WebSocket::shutdown`], or has done so within the last 5 seconds, is given time to end by itself. What is left at the deadline is dropped; an endpoint that blocks its
//! thread [cannot be](App::shutdown_deadline).
//!
//! # Logs and metrics
//!
//! With `tracing`, each connection is a span `websocket` with the endpoint, the peer, the close code and who closed. A fault
//! of ours (1011, a panic) is one event at error; an origin or host that is refused is a warning, once a minute for each
//! endpoint and with the number of those between; the client leaving is at debug, and so is an error behind the end of a
//! connection. Every request that HTTP refuses is one event at debug with its cause. No query string, cookie or message is
//! logged.
//!
//! A program that has set no subscriber hears of faults, of refused origins, and where it serves on its standard error: a line
//! each, and at most ten in a second. A subscriber, whatever it does with them, takes over.
//!
//! With the feature `metrics`, these are counted through the [`metrics`](https://docs.rs/metrics) facade:
//!
//! | name | kind | counts |
//! |---|---|---|
//! | `ws_connections_open` | gauge | accepted connections that are not over |
//! | `ws_connections_accepted_total` | counter | connections that endpoints accepted |
//! | `ws_connections_rejected_total` | counter | refused handshakes, by `cause`: an HTTP status, or `close_` and the code |
//! | `ws_connections_closed_total` | counter | ended connections, those refused by a Close frame among them, by `code` (`none` without one; of a peer's that is not registered `3xxx`, `4xxx` or `other`) and `by`: `peer`, `local`, `lost` |
//! | `ws_messages_received_total`, `ws_messages_sent_total` | counter | messages |
//! | `ws_received_bytes_total`, `ws_sent_bytes_total` | counter | their payload, in bytes |
//!
//! # Features
//!
//! All are off by default.
//!
//! | feature | gives |
//! |---|---|
//! | `pattern` | the key `pattern` of parameters, with `regex` |
//! | `rate-limit` | the option `rate_limit`, with `governor` |
//! | `metrics` | counters and gauges through the `metrics` facade |
//! | `msgpack` | `MessagePack`, the messages of a typed connection as MessagePack, with `rmp-serde` |
//! | `test-client` | `TestClient`, for tests of endpoints in memory |
//! | `garde` | `Valid<T>`, a message that keeps the rules of its type, with `garde` |
//! | `redis` | [rooms that span processes](rooms#across-processes), with `redis` |
//! | `deflate` | the option `compression`: messages are compressed (permessage-deflate), with `flate2` and `zlib-rs` |
//! | `client` | `client`: a client that reconnects, with `backon` |
//! | `client-tls` | `wss://` for the client, with `rustls` |

#![cfg_attr(docsrs, feature(doc_cfg))]

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
mod app;
mod arguments;
mod body;
#[cfg(feature = "client")]
pub mod client;
mod close;
mod closed;
mod codec;
mod connection;
mod elsewhere;
mod endpoint;
mod error;
mod extract;
// Its pages are for rustdoc, which runs their code, and link to what these features give: no build has it.
#[cfg(all(
    any(doc, doctest),
    feature = "client",
    feature = "deflate",
    feature = "garde",
    feature = "rate-limit",
    feature = "redis",
    feature = "test-client"
))]
pub mod guide;
mod handshake;
mod info;
mod message;
mod observe;
mod options;
mod protocol;
pub mod rooms;
mod routing;
mod serve;
mod state;
#[cfg(feature = "test-client")]
pub mod test;
mod text;
mod validation;
mod websocket;

pub use http::HeaderMap;
#[doc = include_str!("../docs/close_error.md")]
pub use ws_macros::CloseError;
#[doc = include_str!("../docs/on_error.md")]
pub use ws_macros::on_error;
#[doc = include_str!("../docs/websocket.md")]
pub use ws_macros::websocket;

#[doc(hidden)]
pub use __private::FromDefault;
pub use app::App;
#[cfg(feature = "rate-limit")]
pub use arguments::IntoRateLimit;
pub use arguments::{IntoNames, IntoTimeout};
pub use body::Body;
pub use close::{Close, CloseCode, CloseReason, IntoClose, IntoCloseCode, IntoReason, InvalidCloseCode};
pub use closed::{Closed, PeerClose};
#[cfg(feature = "msgpack")]
pub use codec::MessagePack;
#[cfg(feature = "garde")]
pub use codec::Valid;
pub use codec::{Decode, Encode, Json};
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
pub use endpoint::{Checking, Handling, Verdict};
pub use endpoint::{Endpoint, ErrorHandler, Guard, IntoOutcome, IntoRoute, IntoRoutes, Outcome, Route};
#[cfg(feature = "rate-limit")]
pub use error::RateLimited;
pub use error::{
    AcceptTimeout, CloseError, Error, ErrorContext, IdleTimeout, InvalidMessage, LastSendFuture,
    NeverAccepted, OnError, OrClose, Panicked, Phase, ProtocolNotOffered, Result, SocketError,
};
pub use extract::{
    ClientAddr, Extraction, FromHandshake, FromText, MissingClientAddr, MissingState, Parameter, Query,
    Requirements, State,
};
pub use handshake::{Handshake, Origins, Rejection};
pub use info::EndpointInfo;
pub use message::{Message, Utf8Bytes};
#[cfg(feature = "deflate")]
pub use protocol::Compression;
pub use rooms::{Member, Room, Rooms};
pub use routing::{BuildError, IntoRouter, Router};
pub use serve::{Address, FallbackService, Listener, ServeError, ServeFuture, Service, ShutdownHandle};
#[cfg(feature = "test-client")]
pub use test::{TestClient, TestError, TestSocket};
pub use validation::{FieldError, Loc, ValidationError};
pub use websocket::{
    CloseFuture, Connection, FromJson, IntoBinary, IntoMessage, IntoText, Receiver, RecvFuture, SendFuture,
    Sender, Untyped, Upgrade, WebSocket,
};
