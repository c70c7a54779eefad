//! [`Connection`]: the types that the last parameter of an endpoint can have.

use std::future::Future;

use super::Upgrade;
use crate::SocketError;

/// A type that the last parameter of an endpoint can have: [`WebSocket`](crate::WebSocket), which is accepted before
/// the body runs, or [`Upgrade`], which the body accepts itself.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a connection",
    label = "the last parameter is `WebSocket` or `Upgrade`",
    note = "add the connection as the last parameter: `mut ws: WebSocket`"
)]
pub trait Connection: Sized + Send {
    /// Makes the connection from an upgrade.
    ///
    /// # Errors
    ///
    /// Returns an error if the peer is gone.
    fn open(upgrade: Upgrade) -> impl Future<Output = Result<Self, SocketError>> + Send;
}

impl Connection for Upgrade {
    async fn open(upgrade: Upgrade) -> Result<Self, SocketError> {
        Ok(upgrade)
    }
}
