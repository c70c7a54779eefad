//! [`Refusals`]: an endpoint's warnings about origins and hosts that it refuses.

use std::borrow::Cow;

use tracing::field;

use super::{Handshake, HttpError};
use crate::{
    Peer,
    observe::{BRIEF, Throttle, brief, rejected, warn},
};

/// The longest offered subprotocol that is logged, in bytes.
const LONGEST_NAME: usize = 32;

/// An entry of a list that can never match, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unmatchable {
    pub(crate) text: String,
    pub(crate) help: String,
}

/// Throttles warnings that anybody can cause as often as they like: the first of each kind is logged, and later ones
/// are counted.
#[derive(Debug, Default)]
pub(crate) struct Refusals {
    origin: Throttle,
    host: Throttle,
}

impl Refusals {
    /// Warns about a refused origin. `listable` tells whether a list of origins could contain it.
    pub(super) fn origin(&self, origin: &str, host: &str, listable: bool) {
        let Some(held_back) = self.origin.pass() else { return };
        // `null` is sent by sandboxed frames and local files, so it identifies nobody in particular.
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

/// Logs and counts a request that is refused in plain HTTP. `pattern` is that of the route that its target leads to, if
/// any.
pub(crate) fn refused(error: HttpError, pattern: Option<&str>, path: &str, peer: Peer) {
    rejected(pattern, || error.status().as_u16().to_string());
    // The actual path of an endpoint contains what the client sent.
    let path = pattern.map_or_else(|| brief(path, BRIEF), Cow::Borrowed);
    tracing::debug!(
        cause = %error,
        status = error.status().as_u16(),
        path = &*path,
        peer = (!peer.is_unknown()).then(|| field::display(peer)),
        "refused a request"
    );
}

/// Logs that a client offered subprotocols and the endpoint supports none of them.
pub(crate) fn none_agreed(handshake: &Handshake, spoken: &[String]) {
    if tracing::enabled!(tracing::Level::DEBUG) && handshake.subprotocols().next().is_some() {
        // What is longer than a name may be a token, as some clients send one without the marker `bearer`.
        let offered = handshake
            .selectable_subprotocols()
            .map(|name| if name.len() > LONGEST_NAME { "…" } else { name });
        let offered = offered.collect::<Vec<_>>().join(", ");
        tracing::debug!(offered = &*brief(&offered, BRIEF), ?spoken, "subprotocols offered, none agreed");
    }
}
