//! [`Server`]: the settings of an app that apply to the server rather than to an endpoint.

use std::time::Duration;

use super::{Ending, Health, ShutdownHandle};
use crate::{close::ours, connection::Limits};

/// The settings of a server.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    /// How long a client may take to send a request head.
    pub(crate) handshake_timeout: Duration,
    /// The largest request head, in bytes. A larger one is answered with 431.
    pub(crate) max_head_size: usize,
    pub(crate) max_connections: usize,
    /// How many connections may be open before their first request head.
    pub(crate) max_handshakes: usize,
    /// How long a client may take no byte of an answer that does not come from an endpoint.
    pub(crate) send_timeout: Duration,
    pub(crate) handle_signals: bool,
    pub(crate) shutdown: ShutdownHandle,
    pub(crate) ending: Ending,
    pub(crate) health: Option<Health>,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            handshake_timeout: Duration::from_secs(10),
            max_head_size: 64 * 1024,
            max_connections: usize::MAX,
            max_handshakes: 1024,
            send_timeout: Limits::default().send_timeout,
            handle_signals: true,
            shutdown: ShutdownHandle::new(),
            ending: Ending {
                close: ours::SHUTDOWN.close(),
                spread: Duration::ZERO,
                grace: Duration::from_secs(5),
                deadline: Duration::from_secs(9),
            },
            health: None,
        }
    }
}
