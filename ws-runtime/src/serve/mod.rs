//! Serving: the listener, the tower service, and the answers to handshakes.

mod accept;
mod address;
mod answer;
mod connections;
mod error;
mod fallback;
mod fast_path;
mod heads;
mod http1;
#[cfg(feature = "http2")]
mod http2;
mod listeners;
mod opening;
mod pages;
mod patient;
mod rewind;
mod server;
mod service;
mod serving;
mod shutdown;
mod span;
mod transport;

use std::{io, panic::resume_unwind, sync::Arc};

use self::shutdown::Signals;
use crate::observe;

pub use address::{Address, ServeFuture};
pub(crate) use connections::{ConnectionLimits, ShutdownOptions};
pub use error::ServeError;
pub(crate) use fallback::Fallback;
pub use fallback::FallbackService;
pub use listeners::IntoListeners;
pub(crate) use pages::{Content, Page};
pub(crate) use server::Server;
pub use service::Service;
pub use shutdown::ShutdownHandle;
pub(crate) use span::OnSpan;

/// Serves until the app is told to shut down, and for as long as the shutdown takes.
pub(crate) async fn listen(listeners: impl IntoListeners, service: Service) -> Result<(), ServeError> {
    observe::describe();
    // Before the first client: one that was accepted is told when the server ends, however early that is.
    let mut signals = if service.0.server.handle_signals { Signals::new() } else { Signals::none() };
    let mut serving = listeners::Serving::new(Arc::clone(&service.0));
    listeners.listen(&mut serving);
    if serving.tasks.is_empty() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "there is no listener to serve on").into());
    }
    tokio::select! {
        () = service.0.server.shutdown.begun() => {}
        () = signals.next() => {}
        Some(Err(error)) = serving.tasks.join_next() => if error.is_panic() { resume_unwind(error.into_panic()) },
    }
    // Accepting goes on meanwhile: clients and load balancers that come now are answered with 503, which is more than
    // a refused connection says.
    tracing::info!("shutting down");
    tokio::select! {
        () = service.shut_down() => {}
        // A second signal means that the user does not want to wait.
        () = signals.next() => observe::warn!("dropped the open connections"),
    }
    serving.stop();
    Ok(())
}
