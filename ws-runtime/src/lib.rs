//! Typed WebSocket endpoints for Rust.

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
mod options;
mod pattern;
#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
mod route;
mod router;
mod serve;
mod validation;
mod websocket;

pub use http::HeaderMap;
pub use ws_macros::{CloseError, on_error, websocket};

pub use app::{App, ServeError};
pub use close::{Close, CloseCode, CloseReason, InvalidCloseCode};
pub use dispatch::ErrorHandler;
pub use endpoint::{Connection, Endpoint, EndpointInfo, IntoOutcome, Outcome};
pub use error::{
    AcceptTimeout, CloseError, Error, ErrorContext, NeverAccepted, OnError, OrClose, Panicked, Phase, Result,
};
pub use extract::{
    ClientAddr, Extraction, FromHandshake, FromText, MissingClientAddr, MissingState, Query, Requirements, State,
};
pub use guard::Guard;
pub use handshake::{Handshake, Origins, Rejection, Upgrade};
pub use mount::BuildError;
pub use route::Route;
pub use router::Router;
pub use serve::Service;
pub use validation::{FieldError, Loc, ValidationError};
pub use websocket::{Closed, Message, PeerClose, Receiver, Sender, SocketError, Utf8Bytes, WebSocket};
