//! Serving: the listener, the tower service, and the answers to handshakes.

mod accept;
mod address;
mod answer;
mod connections;
mod error;
mod fallback;
mod fast_path;
mod heads;
mod health;
mod http1;
#[cfg(feature = "http2")]
mod http2;
mod opening;
mod patient;
mod rewind;
mod server;
mod service;
mod serving;
mod shutdown;
mod transport;

use std::{panic::resume_unwind, sync::Arc};

use tokio::{net::TcpListener, task::JoinSet};
use tracing::Instrument;

use crate::observe;
use accept::accept;

pub(crate) use address::cannot_listen;
pub use address::{Address, Listener, ServeFuture};
pub(crate) use connections::Ending;
pub use error::ServeError;
pub(crate) use fallback::Fallback;
pub use fallback::FallbackService;
pub(crate) use health::Health;
pub(crate) use server::Server;
pub use service::Service;
pub use shutdown::ShutdownHandle;

/// Serves until the app is told to shut down, and for as long as the shutdown takes.
pub(crate) async fn listen(listener: TcpListener, service: Service) -> Result<(), ServeError> {
    if let Ok(address) = listener.local_addr() {
        observe::info!("serving", address = tracing::field::display(address));
    }
    let listener = Arc::new(listener);
    // Accepting runs in a task of its own, as the caller may not be a worker of the runtime (under `block_on` it is
    // none). Each connection would then have to be handed to another thread, and that thread woken.
    let mut accepting = JoinSet::new();
    accepting.spawn(accept(Arc::downgrade(&listener), Arc::clone(&service.0)).in_current_span());
    tokio::select! {
        () = service.shutdown_requested() => {}
        Some(Err(error)) = accepting.join_next() => if error.is_panic() { resume_unwind(error.into_panic()) },
    }
    // Accepting goes on meanwhile: clients and load balancers that come now are answered with 503, which is more than
    // a refused connection says.
    tracing::info!("shutting down");
    tokio::select! {
        () = service.shut_down() => {}
        // A second signal means that the user does not want to wait.
        () = service.signalled() => observe::warn!("dropped the open connections"),
    }
    // Dropping the listener ensures that no client keeps waiting in its backlog.
    drop(listener);
    accepting.abort_all();
    Ok(())
}
