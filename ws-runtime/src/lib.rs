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
//! - **Endpoints**: [`websocket`](macro@websocket) has the attribute with all its parameters and options; [`WebSocket`] the
//!   connection; [`Upgrade`] a connection that the endpoint accepts itself.
//! - **Errors**: [`derive(CloseError)`](derive@CloseError) and [`on_error`](macro@on_error) say how a type closes; [`Error`] is the
//!   type that they all convert into; [`OrClose`] gives a foreign error a code on the spot; [`Close`] is an end in itself.
//! - **Before accept**: [`Guard`]s, [`FromHandshake`] types and dependencies; [`Rejection`] says how a refusal travels.
//! - **Serving**: [`App`] and [`Router`] mount endpoints; [`Service`] puts them into an axum, tower or hyper server.
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
//! | a wrong frame type, JSON that does not parse | 1003, 1007 |
//! | a frame breaks the protocol, text is not UTF-8, a message is over 1 MiB | 1002, 1007, 1009 |
//! | a panic, a boxed error, an endpoint that forgot to accept | 1011 `Internal server error` |
//! | `accept_timeout` passed | 1013 |
//!
//! # Limits
//!
//! | limit | default | set by |
//! |---|---|---|
//! | time for a request head | 10 s | – |
//! | size of a request head | 64 KiB, then 431 | – |
//! | time from the request to accept | 10 s, then 1013 | `accept_timeout` |
//! | size of a message | 1 MiB, then 1009 | – |
//! | queued for writing until `send` waits | 64 KiB | – |
//! | read ahead of the endpoint | 32 messages or 64 KiB | – |
//! | nesting of JSON in `recv_json` | 128, then 1007 | – |
//! | time for the peer to take and answer our close | 5 s | – |
//!
//! # Features
//!
//! `pattern`: the key `pattern` of parameters, with the `regex` crate. Off by default.

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
mod app;
mod close;
mod connection;
mod dispatch;
mod endpoint;
mod error;
pub mod extract;
mod guard;
mod handshake;
mod mount;
mod observe;
mod options;
mod pattern;
mod route;
mod router;
mod serve;
mod validation;
mod websocket;

pub use http::HeaderMap;
#[doc = include_str!("../docs/close_error.md")]
pub use ws_macros::CloseError;
#[doc = include_str!("../docs/on_error.md")]
pub use ws_macros::on_error;
#[doc = include_str!("../docs/websocket.md")]
pub use ws_macros::websocket;

pub use app::{App, ServeError};
pub use close::{Close, CloseCode, CloseReason, InvalidCloseCode};
#[cfg(feature = "rate-limit")]
pub use connection::RateLimit;
pub use connection::SendBuffer;
pub use dispatch::ErrorHandler;
pub use endpoint::{Connection, Endpoint, EndpointInfo, IntoOutcome, Outcome};
pub use error::{
    AcceptTimeout, CloseError, Error, ErrorContext, NeverAccepted, OnError, OrClose, Panicked, Phase, Result,
};
pub use extract::{
    ClientAddr, Extraction, FromHandshake, FromText, MissingClientAddr, MissingState, Query, Requirements,
    State,
};
pub use guard::Guard;
pub use handshake::{Handshake, Origins, Rejection, Upgrade};
pub use mount::BuildError;
pub use route::Route;
pub use router::Router;
pub use serve::{Service, ShutdownHandle};
pub use validation::{FieldError, Loc, ValidationError};
#[cfg(feature = "rate-limit")]
pub use websocket::RateLimited;
pub use websocket::{
    Closed, IdleTimeout, Message, PeerClose, Receiver, Sender, SocketError, Utf8Bytes, WebSocket,
};
