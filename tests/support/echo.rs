//! An endpoint that reports how it ends.

use ws_runtime::{SocketError, State, WebSocket, websocket};

use crate::Tell;

/// Echoes, and reports how `recv` ends.
///
/// # Errors
///
/// The error that ended it.
#[websocket("/echo")]
pub async fn echo(tell: State<Tell>, mut ws: WebSocket) -> Result<(), SocketError> {
    loop {
        match ws.recv().await {
            Ok(message) => ws.send(message).await?,
            Err(error) => {
                tell.show(&error);
                return Err(error);
            }
        }
    }
}
