//! Serving: the listener, the tower service, and how one handshake is answered.

mod answer;
mod endpoint;
mod service;
mod transport;

use std::{io, time::Duration};

use tokio::net::TcpListener;

use crate::ServeError;

pub(crate) use endpoint::{Start, run_endpoint};
pub use service::Service;

/// How long to wait before accepting again when the process has run out of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Accepts connections for as long as the future is polled.
pub(crate) async fn listen(listener: TcpListener, service: Service) -> Result<(), ServeError> {
    if let Ok(address) = listener.local_addr() {
        tracing::info!(%address, "serving");
    }
    loop {
        let (stream, address) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) if is_connection_error(&error) => continue,
            Err(error) => {
                tracing::error!(%error, "cannot accept connections; trying again");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        // Small messages should not wait for the acknowledgement of earlier ones. It works without.
        let _ = stream.set_nodelay(true);
        let service = service.clone();
        tokio::spawn(async move { service.serve_connection(stream, Some(address)).await });
    }
}

/// Errors of the connection that was to be accepted, not of the listener.
fn is_connection_error(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
