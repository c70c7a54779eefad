//! [`Server`]: the settings of an app that apply to the server rather than to an endpoint.

use std::{sync::Arc, time::Duration};

use http::HeaderValue;

use super::{ConnectionLimits, OnSpan, Page, ShutdownHandle, ShutdownOptions};
use crate::{close::ours, connection::Limits, handshake::Proxies};

/// The settings of a server.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    /// How long a client may take to send a request head.
    pub(crate) handshake_timeout: Duration,
    /// The largest request head, in bytes. A larger one is answered with 431.
    pub(crate) max_head_size: usize,
    pub(crate) limits: ConnectionLimits,
    /// How many connections may be open before their first request head.
    pub(crate) max_handshakes: usize,
    /// How long a client may take no byte of an answer that does not come from an endpoint.
    pub(crate) send_timeout: Duration,
    pub(crate) handle_signals: bool,
    /// The proxies that are trusted to say who the client is.
    pub(crate) proxies: Proxies,
    /// Whether a program without a `tracing` subscriber prints where it serves.
    pub(crate) announce: bool,
    /// What happens to the span of each connection before it is entered.
    pub(crate) on_span: Option<Arc<OnSpan>>,
    pub(crate) shutdown: ShutdownHandle,
    pub(crate) ending: ShutdownOptions,
    /// The paths that the server answers by itself.
    pub(crate) pages: Vec<Page>,
    /// The path that `/` leads to, if nothing else answers there.
    pub(crate) index: Option<HeaderValue>,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            handshake_timeout: Duration::from_secs(10),
            max_head_size: 64 * 1024,
            limits: ConnectionLimits::default(),
            max_handshakes: 1024,
            send_timeout: Limits::default().send_timeout,
            handle_signals: true,
            proxies: Proxies::default(),
            announce: true,
            on_span: None,
            shutdown: ShutdownHandle::new(),
            ending: ShutdownOptions {
                close: ours::SHUTDOWN.close(),
                spread: Duration::ZERO,
                grace: Duration::from_secs(5),
                deadline: Duration::from_secs(9),
            },
            pages: Vec::new(),
            index: None,
        }
    }
}
