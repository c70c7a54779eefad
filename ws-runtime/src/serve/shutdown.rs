//! [`ShutdownHandle`], and the signals that have the same effect.

use std::{fmt, sync::Arc};

use tokio::sync::watch;
use tracing::field;

use crate::observe;

/// A handle that shuts a server down from anywhere in the program, as SIGTERM and Ctrl-C do.
///
/// ```no_run
/// # async fn example() -> Result<(), ws_runtime::ServeError> {
/// let app = ws_runtime::App::new();
/// let shutdown = app.shutdown_handle();
/// tokio::spawn(async move {
///     tokio::time::sleep(std::time::Duration::from_secs(60)).await;
///     shutdown.shutdown();
/// });
/// app.run("127.0.0.1:8000").await // returns within the shutdown deadline
/// # }
/// ```
#[derive(Clone)]
pub struct ShutdownHandle(Arc<watch::Sender<bool>>);

impl ShutdownHandle {
    pub(crate) fn new() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }

    /// Begins the shutdown: from now on handshakes are answered with 503, and the open connections are closed. Calling
    /// it again has no effect.
    pub fn shutdown(&self) {
        self.0.send_replace(true);
    }

    /// Returns `true` once the shutdown has begun.
    pub(crate) fn has_begun(&self) -> bool {
        *self.0.borrow()
    }

    /// Completes once the shutdown has begun.
    pub(crate) async fn begun(&self) {
        // The sender is in `self`, so it cannot have been dropped.
        let _ = self.0.subscribe().wait_for(|begun| *begun).await;
    }
}

impl fmt::Debug for ShutdownHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShutdownHandle").field("begun", &*self.0.borrow()).finish()
    }
}

/// Completes at SIGTERM or Ctrl-C.
pub(crate) async fn signal() {
    #[cfg(unix)]
    let terminate = async {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => {
                terminate.recv().await;
            }
            Err(error) => {
                observe::warn!("SIGTERM will not end the server gracefully", error = field::display(&error));
                std::future::pending::<()>().await;
            }
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending();

    let interrupt = async {
        if let Err(error) = tokio::signal::ctrl_c().await {
            observe::warn!("Ctrl-C will not end the server gracefully", error = field::display(&error));
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        () = terminate => {}
        () = interrupt => {}
    }
}
