//! The macros in a crate that knows the runtime by another name, without a prelude and under strict lints.

#![deny(warnings, clippy::pedantic, missing_docs, unused)]
#![no_implicit_prelude]

use ::sockets::{Close, CloseError, ErrorContext, Handshake, Query, State, WebSocket, on_error, websocket};

/// Ends the connections of an item.
#[derive(Debug, CloseError)]
#[close(crate = ::sockets)]
pub enum ItemError {
    /// Its text is the reason.
    #[close(1008)]
    NoSession,
    /// Its text stays here.
    #[close(1011)]
    Database,
    /// Its text is elsewhere.
    #[close(4004, reason = "gone", status = 410)]
    Gone,
    /// Steps aside.
    #[close(transparent)]
    Socket(::sockets::SocketError),
}

impl ::core::fmt::Display for ItemError {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        f.write_str("item")
    }
}

/// Has a handler.
#[derive(Debug)]
pub struct Throttled;

impl ::core::fmt::Display for Throttled {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        f.write_str("throttled")
    }
}

#[on_error(Throttled, crate = ::sockets)]
async fn throttled(_: Throttled, cx: ErrorContext) -> Close {
    let _ = cx.send_text("wait").await;
    Close::internal_error()
}

#[allow(clippy::unused_async, reason = "a dependency is async even if it has nothing to wait for")]
async fn session(handshake: &Handshake) -> ::core::result::Result<::std::string::String, ItemError> {
    handshake.cookie("session").map(::std::borrow::ToOwned::to_owned).ok_or(ItemError::NoSession)
}

/// Serves one item.
///
/// # Errors
///
/// As [`ItemError`] says.
#[websocket("/items/<id>", crate = ::sockets, subprotocols = ["chat"])]
pub async fn item(
    id: u64,
    #[query(default = 10, ge = 1)] size: u32,
    #[query(default = "a", pattern = "^a")] name: ::std::string::String,
    #[depends(session)] session: ::std::string::String,
    page: Query<::std::vec::Vec<(::std::string::String, ::std::string::String)>>,
    names: State<::std::vec::Vec<::std::string::String>>,
    mut ws: WebSocket,
) -> ::core::result::Result<(), ItemError> {
    let text = ::std::format!("{id} {size} {name} {session} {:?} {}", page.0, names.len());
    ws.send_text(text).await.map_err(ItemError::Socket)
}

#[cfg(test)]
mod tests {
    use ::core::assert_eq;

    #[::core::prelude::v1::test]
    fn endpoints_are_registered() {
        let routes = ::sockets::routes![super::item];
        assert_eq!(routes[0].endpoint().name(), "item");
        let _ = <::sockets::Error as ::core::convert::From<_>>::from(super::Throttled);
    }
}
