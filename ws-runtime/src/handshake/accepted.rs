//! The checks that a client makes on the response to its handshake (RFC 6455, section 4.1, items 2 to 6), as browsers
//! do.

use http::{HeaderMap, header};
use tungstenite::handshake::derive_accept_key;

use super::check::names;
use crate::protocol::{Agreed, Compression, check_compression};

/// What the server selected from the client's offers.
#[derive(Debug)]
pub(crate) struct Accepted {
    #[cfg_attr(not(feature = "client"), allow(dead_code, reason = "a test reads it from the headers"))]
    pub(crate) subprotocol: Option<String>,
    pub(crate) compression: Option<Agreed>,
}

/// Checks the headers of a 101 response, and returns what is wrong if they are not valid.
pub(crate) fn check_accepted(
    headers: &HeaderMap,
    key: &[u8],
    offered: &[String],
    compression: &Compression,
) -> Result<Accepted, &'static str> {
    if !names(headers, &header::UPGRADE, "websocket") {
        return Err("it does not upgrade to `websocket`");
    }
    if !names(headers, &header::CONNECTION, "upgrade") {
        return Err("its `Connection` does not name `upgrade`");
    }
    if headers.get(header::SEC_WEBSOCKET_ACCEPT).is_none_or(|accept| *accept != derive_accept_key(key)) {
        return Err("its `Sec-WebSocket-Accept` does not answer the key");
    }
    let compression = check_compression(compression, headers)?;
    let subprotocol = check_subprotocol(headers, offered)?;
    Ok(Accepted { subprotocol, compression })
}

fn check_subprotocol(headers: &HeaderMap, offered: &[String]) -> Result<Option<String>, &'static str> {
    match headers.get(header::SEC_WEBSOCKET_PROTOCOL) {
        // The RFC lets a client continue in this case, but the WebSockets Standard of WHATWG does not.
        None if !offered.is_empty() => Err("it selects no subprotocol"),
        None => Ok(None),
        Some(value) => {
            let selected = offered.iter().find(|subprotocol| value == subprotocol.as_str());
            selected.cloned().map(Some).ok_or("it selects a subprotocol that was not offered")
        }
    }
}
