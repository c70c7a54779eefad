//! [`Refusals`]: the warnings of one endpoint about origins and hosts that it refuses.

use std::{borrow::Cow, net::SocketAddr};

use tracing::field;

use super::{Handshake, HttpError};
use crate::observe::{BRIEF, Throttle, brief, warn};

/// What in a list can never match, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unmatchable {
    pub(crate) text: String,
    pub(crate) help: String,
}

/// Anybody can cause them, as often as they like: the first of each kind is told, then how many there were.
#[derive(Debug, Default)]
pub(crate) struct Refusals {
    origin: Throttle,
    host: Throttle,
}

impl Refusals {
    /// `listable`: whether a list of origins could hold it.
    pub(super) fn origin(&self, origin: &str, host: &str, listable: bool) {
        let Some(held_back) = self.origin.pass() else { return };
        // `null` is what a sandboxed frame or a local file says: nobody in particular.
        let way = if listable && origin != "null" && origin.len() <= BRIEF {
            format!("[{origin:?}]")
        } else {
            "Origins::any()".to_owned()
        };
        warn!(
            format_args!(
                "refused a handshake from another origin; to allow it: `.origins({way})` on the app, its router or the endpoint"
            ),
            origin = &*brief(origin, BRIEF),
            host = &*brief(host, BRIEF),
            held_back = held_back,
        );
    }

    pub(super) fn host(&self, host: &str) {
        let Some(held_back) = self.host.pass() else { return };
        let host = brief(host, BRIEF);
        warn!(
            format_args!(
                "refused a handshake for another host; to allow it: `.hosts([{host:?}])` on the app, its router or the endpoint"
            ),
            host = &*host,
            held_back = held_back,
        );
    }
}

/// HTTP has something against a request, whose target leads to this pattern, or to nothing.
pub(crate) fn refused(error: HttpError, pattern: Option<&str>, path: &str, peer: Option<SocketAddr>) {
    // What stands in the path of an endpoint is the client's.
    let path = pattern.map_or_else(|| brief(path, BRIEF), Cow::Borrowed);
    tracing::debug!(
        cause = %error,
        status = error.status().as_u16(),
        path = &*path,
        peer = peer.map(field::display),
        "refused a request"
    );
}

/// A client offered subprotocols, and the endpoint took none of them.
pub(crate) fn none_agreed(handshake: &Handshake, spoken: &[String]) {
    if tracing::enabled!(tracing::Level::DEBUG) && handshake.protocols().next().is_some() {
        let offered = handshake.protocols().collect::<Vec<_>>().join(", ");
        tracing::debug!(offered = &*brief(&offered, BRIEF), ?spoken, "subprotocols offered, none agreed");
    }
}
