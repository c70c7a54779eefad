//! [`ShutdownHandle`], and the signals that have the same effect.

use std::{fmt, future::poll_fn, sync::Arc, task::Poll};

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};
#[cfg(windows)]
use tokio::signal::windows::{CtrlC as Signal, ctrl_c};
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

/// The signals that end a server: SIGTERM and Ctrl-C. Once this is made they no longer end the process, and none is lost
/// that comes before [`next`](Self::next) is called.
pub(super) struct Signals(Vec<Signal>);

impl Signals {
    pub(super) fn new() -> Self {
        #[cfg(unix)]
        let signals =
            [("SIGTERM", signal(SignalKind::terminate())), ("Ctrl-C", signal(SignalKind::interrupt()))];
        #[cfg(windows)]
        let signals = [("Ctrl-C", ctrl_c())];
        let handled = signals.into_iter().filter_map(|(name, signal)| {
            let error = match signal {
                Ok(signal) => return Some(signal),
                Err(error) => field::display(error),
            };
            observe::warn!("a signal will not end the server gracefully", signal = name, error = error);
            None
        });
        Self(handled.collect())
    }

    /// No signals: the program handles them itself.
    pub(super) fn none() -> Self {
        Self(Vec::new())
    }

    /// Completes at the next signal.
    pub(super) async fn next(&mut self) {
        poll_fn(|cx| {
            let received = self.0.iter_mut().any(|signal| signal.poll_recv(cx).is_ready());
            if received { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}
