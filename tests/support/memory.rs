//! An app over an in-memory pipe: the same path as a socket's, and a clock that can be paused.

use tokio::{io::DuplexStream, task::JoinHandle};
use ws_runtime::App;

use crate::{Opening, Raw, within};

/// A client on the level of bytes, and the task that serves it.
#[derive(Debug)]
pub struct Memory {
    /// The client.
    pub raw: Raw<DuplexStream>,
    /// The server's task.
    pub task: JoinHandle<()>,
}

impl Memory {
    /// Connects to an app over a pipe.
    #[must_use]
    pub fn connect(app: App) -> Self {
        let service = app.into_service();
        let (client, server) = tokio::io::duplex(64 * 1024);
        let task = tokio::spawn(async move {
            service.serve_connection(server, None).await;
        });
        Self { raw: Raw::over(client), task }
    }

    /// Connects and sends an opening handshake, which must be accepted.
    pub async fn open(app: App, target: &str) -> Self {
        let mut memory = Self::connect(app);
        memory.raw.open(&Opening::new(target)).await;
        memory
    }

    /// Waits for the server's task to end.
    pub async fn served(self) {
        within("the server to be done", self.task).await.expect("serving does not panic");
    }
}
