//! [`accept`]: accepts the TCP connections of a listener, and serves each in a task.

use std::{
    future::poll_fn,
    io,
    sync::{Arc, Weak},
    task::Poll,
    time::Duration,
};

use socket2::SockRef;
use tokio::net::TcpListener;
use tracing::field;

use super::{service::Inner, serving::serve};
use crate::observe::{self, Throttle};

/// How long to wait before accepting again after the process has run out of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Accepts connections until the listener is dropped. The caller owns the listener, so that dropping it frees the
/// address at once, even if this task does not run again.
pub(super) async fn accept(listener: Weak<TcpListener>, service: Arc<Inner>) {
    let nodelay = listener.upgrade().is_some_and(|listener| set_nodelay(&listener));
    let next = || {
        poll_fn(|cx| match listener.upgrade() {
            Some(listener) => listener.poll_accept(cx).map(Some),
            None => Poll::Ready(None),
        })
    };
    let failures = Throttle::default();
    loop {
        let head = service.heads.enter().await;
        let Some(accepted) = next().await else { return };
        match accepted {
            Ok((stream, address)) => {
                tokio::spawn(serve(Arc::clone(&service), stream, Some(address), nodelay, Some(head)));
            }
            Err(error) if is_connection_error(&error) => {}
            Err(error) => {
                if let Some(held_back) = failures.pass() {
                    observe::error!(
                        "cannot accept connections; trying again",
                        error = field::display(&error),
                        held_back = held_back,
                    );
                }
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Returns `true` if accepted sockets inherit `TCP_NODELAY` from the listener. They do on Linux, which saves a system
/// call for each.
fn set_nodelay(listener: &TcpListener) -> bool {
    cfg!(target_os = "linux") && SockRef::from(listener).set_tcp_nodelay(true).is_ok()
}

/// Returns `true` if the error concerns the connection that was to be accepted, and not the listener.
fn is_connection_error(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpStream;

    use super::*;

    #[tokio::test]
    async fn what_is_accepted_has_nodelay_if_the_listener_says_so() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let nodelay = set_nodelay(&listener);
        let connecting = TcpStream::connect(listener.local_addr().unwrap());
        let (accepted, connected) = tokio::join!(listener.accept(), connecting);
        assert_eq!(accepted.unwrap().0.nodelay().unwrap(), nodelay);
        drop(connected);
    }
}
