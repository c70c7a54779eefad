//! [`Connection`]: what the last parameter of an endpoint may be.

use std::future::Future;

use super::Upgrade;
use crate::SocketError;

/// What the last parameter of an endpoint may be: [`WebSocket`](crate::WebSocket), accepted before the body runs,
/// or [`Upgrade`], which the body accepts itself.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a connection",
    label = "the last parameter is `WebSocket` or `Upgrade`",
    note = "add the connection as the last parameter: `mut ws: WebSocket`"
)]
pub trait Connection: Sized + Send {
    /// Makes the connection of an upgrade.
    ///
    /// # Errors
    ///
    /// If the peer is gone.
    fn open(upgrade: Upgrade) -> impl Future<Output = Result<Self, SocketError>> + Send;
}

impl Connection for Upgrade {
    async fn open(upgrade: Upgrade) -> Result<Self, SocketError> {
        Ok(upgrade)
    }
}
