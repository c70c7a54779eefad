//! An app over an in-memory pipe, on the same path as over a socket, with a clock that can be paused.

use tokio::io::DuplexStream;
use ws_runtime::{App, Service};

use crate::{Opening, Raw};

/// How many bytes a pipe holds in each direction, unless a test says otherwise.
const CAPACITY: usize = 64 * 1024;

/// A client that reads and writes bytes, over a pipe.
#[derive(Debug)]
pub struct Memory {
    /// The client.
    pub raw: Raw<DuplexStream>,
}

impl Memory {
    /// Connects to a new app.
    #[must_use]
    pub fn connect(app: App) -> Self {
        Self::join(&app.into_service(), CAPACITY)
    }

    /// Connects to a service that other clients may share, over a pipe that holds so many bytes in each direction.
    #[must_use]
    pub fn join(service: &Service, capacity: usize) -> Self {
        let service = service.clone();
        let (client, server) = tokio::io::duplex(capacity);
        tokio::spawn(async move { service.serve_connection(server, None).await });
        Self { raw: Raw::over(client) }
    }

    /// Connects to a new app and sends an opening handshake, which must be accepted.
    pub async fn open(app: App, target: &str) -> Self {
        Self::connect(app).opened(target).await
    }

    /// Connects to a service and sends an opening handshake, which must be accepted.
    pub async fn enter(service: &Service, target: &str) -> Self {
        Self::join(service, CAPACITY).opened(target).await
    }

    /// Sends an opening handshake, which must be accepted.
    pub async fn opened(mut self, target: &str) -> Self {
        self.raw.open(&Opening::new(target)).await;
        self
    }
}
