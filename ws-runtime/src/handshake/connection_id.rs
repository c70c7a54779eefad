//! [`ConnectionId`]: a number for each connection.

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering},
};

/// The number of a connection: no other connection of this process has the same one. It is the field `connection_id` of
/// the connection's `tracing` span, so what the app logs or stores under it can be found there.
///
/// Connections are numbered in the order of their handshakes, beginning with 1, including those that are refused. The
/// number is not a secret. Two processes use the same numbers.
///
/// ```
/// # use ws_runtime::{Result, WebSocket, websocket};
/// #[websocket("/echo")]
/// async fn echo(mut ws: WebSocket) -> Result {
///     ws.send_text(format!("you are connection {}", ws.id())).await?;
///     Ok(())
/// }
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(u64);

impl ConnectionId {
    pub(super) fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }

    /// Returns the number.
    #[must_use]
    pub fn as_u64(self) -> u64 {
        self.0
    }
}

impl From<ConnectionId> for u64 {
    fn from(id: ConnectionId) -> Self {
        id.0
    }
}

impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ConnectionId({})", self.0)
    }
}

impl serde::Serialize for ConnectionId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(self.0)
    }
}
