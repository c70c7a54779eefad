//! Logging, and counting with the feature `metrics`. The crate documentation lists the names.

mod describe;
mod endpoint;
mod stderr;
mod throttle;

use std::{borrow::Cow, net::SocketAddr, time::Duration};

use crate::{Closed, EndpointInfo, text::floor_char_boundary};

pub(crate) use describe::describe;
pub(crate) use endpoint::{HandshakeTimer, Meters, Queued, Watched};
pub(crate) use stderr::{is_unheard, line};
pub(crate) use throttle::Throttle;

/// Emits a `tracing` event above the debug level, or writes it to standard error if `tracing` has no subscriber.
///
/// The message comes first, and may be any value that implements `Display`. The fields are `name = value`, or a name
/// that is both. A value has to implement `Debug` and `tracing::Value`.
macro_rules! event {
    ($level:ident, $prefix:literal, $message:expr $(, $field:ident = $value:expr)* $(,)?) => {{
        if $crate::observe::is_unheard() {
            $crate::observe::line(
                $prefix,
                format_args!(concat!("{}" $(, " ", stringify!($field), "={:?}")*), $message $(, $value)*),
            );
        }
        tracing::$level!($($field = $value,)* "{}", $message);
    }};
}

macro_rules! error {
    ($($event:tt)*) => { $crate::observe::event!(error, "error: ", $($event)*) };
}

macro_rules! warn_ {
    ($($event:tt)*) => { $crate::observe::event!(warn, "warning: ", $($event)*) };
}

macro_rules! info {
    ($($event:tt)*) => { $crate::observe::event!(info, "", $($event)*) };
}

pub(crate) use {error, event, info, warn_ as warn};

/// The largest part of a text from outside that goes into a log, in bytes.
pub(crate) const BRIEF: usize = 200;

/// Returns a text, or only its beginning if it is longer than `max` bytes.
pub(crate) fn brief(text: &str, max: usize) -> Cow<'_, str> {
    if text.len() <= max {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(format!("{}…", &text[..floor_char_boundary(text, max)]))
    }
}

/// Runs a piece of code only if the feature `metrics` is enabled.
macro_rules! metric {
    ($($tokens:tt)*) => {
        #[cfg(feature = "metrics")]
        { $($tokens)* }
    };
}

/// Counts a handshake that was refused over HTTP, or with a Close frame at once. `endpoint` is the pattern of its path,
/// if it was routed to one.
#[allow(unused_variables)]
pub(crate) fn rejected(endpoint: Option<&str>, cause: impl FnOnce() -> String) {
    metric! {
        let endpoint = endpoint.unwrap_or("none").to_owned();
        metrics::counter!("ws_connections_rejected_total", "cause" => cause(), "endpoint" => endpoint).increment(1);
    }
}

/// Counts an accepted connection as open until it is dropped.
pub(crate) struct OpenConnection {
    #[cfg(feature = "metrics")]
    open: metrics::Gauge,
}

impl OpenConnection {
    #[allow(unused_variables)]
    pub(crate) fn new(endpoint: &Watched) -> Self {
        metric! { metrics::counter!("ws_connections_accepted_total", "endpoint" => endpoint.label()).increment(1); }
        Self {
            #[cfg(feature = "metrics")]
            open: {
                let open = metrics::gauge!("ws_connections_open", "endpoint" => endpoint.label());
                open.increment(1.0);
                open
            },
        }
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        metric! { self.open.decrement(1.0); }
    }
}

/// A connection that has ended.
pub(crate) struct EndedConnection<'a> {
    pub(crate) closed: &'a Closed,
    pub(crate) endpoint: &'a EndpointInfo,
    pub(crate) peer: Option<SocketAddr>,
    /// The time since the handshake was answered.
    pub(crate) lasted: Duration,
}

/// The target of the access log.
const ACCESS: &str = "ws_runtime::access";

/// Records how a connection ended: in its span, in the access log and in the metrics.
pub(crate) fn closed(ended: &EndedConnection<'_>) {
    let EndedConnection { closed, endpoint, peer, lasted } = ended;
    let by = match closed {
        Closed::Peer(_) => "peer",
        Closed::Local(_) => "local",
        Closed::Lost => "lost",
    };
    let code = closed.code();
    tracing::Span::current().record("closed_by", by).record("code", code);
    tracing::debug!("closed");
    // The line has all fields itself, as not every format shows those of spans.
    tracing::info!(
        target: ACCESS,
        endpoint = endpoint.name(),
        path = endpoint.path(),
        peer = peer.map(tracing::field::display),
        code,
        closed_by = by,
        duration = lasted.as_secs_f64(),
        "connection closed"
    );
    metric! {
        let (code, endpoint) = (code_label(closed), endpoint.path().to_owned());
        let labels = [
            metrics::Label::new("code", code),
            metrics::Label::new("by", by),
            metrics::Label::new("endpoint", endpoint),
        ];
        metrics::counter!("ws_connections_closed_total", labels.iter()).increment(1);
        metrics::histogram!("ws_connection_duration_seconds", labels.iter()).record(*lasted);
    }
}

/// Returns the label for a close code. Our own codes and the registered ones have a label each, and all others share
/// one for their range, so that a peer cannot create an unlimited number of labels.
#[cfg(feature = "metrics")]
fn code_label(closed: &Closed) -> Cow<'static, str> {
    let code = match closed {
        Closed::Lost | Closed::Peer(None) => return Cow::Borrowed("none"),
        Closed::Local(close) => return Cow::Owned(close.code().to_string()),
        Closed::Peer(Some(close)) => close.code,
    };
    match code {
        // The registry of RFC 6455, section 11.7, without the codes that must not appear in a frame.
        1000..=1003 | 1007..=1014 | 3000 | 3003 | 3008 => Cow::Owned(code.to_string()),
        3000..=3999 => Cow::Borrowed("3xxx"),
        4000..=4999 => Cow::Borrowed("4xxx"),
        _ => Cow::Borrowed("other"),
    }
}
