//! What is logged, and counted with the feature `metrics`; the crate's front page lists the names.

mod stderr;
mod throttle;

use std::borrow::Cow;

use crate::{Closed, text::floor_char_boundary};

pub(crate) use stderr::{is_unheard, line};
pub(crate) use throttle::Throttle;

/// An event of `tracing` above debug, which goes to standard error where nobody listens to `tracing`.
///
/// The message comes first, and is anything that is `Display`; the fields are `name = value`, or a name that is both. A value
/// needs `Debug` and to be a `tracing::Value`.
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

/// How much of a text from outside goes into a log, in bytes.
pub(crate) const BRIEF: usize = 200;

/// A text, or its beginning if it is longer than `max` bytes.
pub(crate) fn brief(text: &str, max: usize) -> Cow<'_, str> {
    if text.len() <= max {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(format!("{}…", &text[..floor_char_boundary(text, max)]))
    }
}

/// Expands to nothing without the feature.
macro_rules! metric {
    ($($tokens:tt)*) => {
        #[cfg(feature = "metrics")]
        { $($tokens)* }
    };
}

#[allow(unused_variables, clippy::cast_possible_truncation)]
pub(crate) fn received(bytes: usize) {
    metric! {
        metrics::counter!("ws_messages_received_total").increment(1);
        metrics::counter!("ws_received_bytes_total").increment(bytes as u64);
    }
}

#[allow(unused_variables, clippy::cast_possible_truncation)]
pub(crate) fn sent(bytes: usize) {
    metric! {
        metrics::counter!("ws_messages_sent_total").increment(1);
        metrics::counter!("ws_sent_bytes_total").increment(bytes as u64);
    }
}

/// A handshake was refused by HTTP, or by a Close frame at once.
#[allow(unused_variables)]
pub(crate) fn rejected(cause: impl FnOnce() -> String) {
    metric! { metrics::counter!("ws_connections_rejected_total", "cause" => cause()).increment(1); }
}

/// An accepted connection, until it is over.
pub(crate) struct OpenConnection;

impl OpenConnection {
    pub(crate) fn new() -> Self {
        metric! {
            metrics::counter!("ws_connections_accepted_total").increment(1);
            metrics::gauge!("ws_connections_open").increment(1.0);
        }
        Self
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        metric! { metrics::gauge!("ws_connections_open").decrement(1.0); }
    }
}

/// Notes in the connection's span, the log and the metrics how it was closed.
pub(crate) fn closed(closed: &Closed) {
    let by = match closed {
        Closed::Peer(_) => "peer",
        Closed::Local(_) => "local",
        Closed::Lost => "lost",
    };
    let code = closed.code();
    tracing::Span::current().record("closed_by", by).record("code", code);
    tracing::debug!("closed");
    metric! {
        metrics::counter!("ws_connections_closed_total", "code" => code_label(closed), "by" => by).increment(1);
    }
}

/// A code as a label, of which there are few whatever a peer sends: our own codes and those that are registered as they are,
/// of the others only the range.
#[cfg(feature = "metrics")]
fn code_label(closed: &Closed) -> Cow<'static, str> {
    let code = match closed {
        Closed::Lost | Closed::Peer(None) => return Cow::Borrowed("none"),
        Closed::Local(close) => return Cow::Owned(close.code().to_string()),
        Closed::Peer(Some(close)) => close.code,
    };
    match code {
        // The registry of RFC 6455, section 11.7, without the codes that no frame may have.
        1000..=1003 | 1007..=1014 | 3000 | 3003 | 3008 => Cow::Owned(code.to_string()),
        3000..=3999 => Cow::Borrowed("3xxx"),
        4000..=4999 => Cow::Borrowed("4xxx"),
        _ => Cow::Borrowed("other"),
    }
}
