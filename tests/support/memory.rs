//! An app over an in-memory pipe: the same path as a socket's, and a clock that can be paused.

use tokio::io::DuplexStream;
use ws_runtime::App;

use crate::{Opening, Raw};

/// A client on the level of bytes of an app of its own.
#[derive(Debug)]
pub struct Memory {
    /// The client.
    pub raw: Raw<DuplexStream>,
}

impl Memory {
    /// Connects to an app over a pipe.
    #[must_use]
    pub fn connect(app: App) -> Self {
        let service = app.into_service();
        let (client, server) = tokio::io::duplex(64 * 1024);
        tokio::spawn(async move { service.serve_connection(server, None).await });
        Self { raw: Raw::over(client) }
    }

    /// Connects and sends an opening handshake, which must be accepted.
    pub async fn open(app: App, target: &str) -> Self {
        let mut memory = Self::connect(app);
        memory.raw.open(&Opening::new(target)).await;
        memory
    }
}
