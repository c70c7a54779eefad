//! [`accept`]: the TCP connections of a listener, each served by one task.

use std::{
    future::{Future, poll_fn},
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{Mutex, PoisonError},
    task::{Poll, ready},
    time::Duration,
};

use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};

use super::{Service, answer::Answer, transport::Connection};

/// How long to wait before accepting again when the process has run out of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Accepts connections for as long as the future is polled.
pub(super) async fn accept(listener: TcpListener, service: Service) {
    let nodelay = set_nodelay(&listener);
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
        tokio::spawn(serve(service.clone(), stream, address, nodelay));
    }
}

/// Whether what is accepted has `TCP_NODELAY` from its listener. On Linux it has, which saves a system call for each.
fn set_nodelay(listener: &TcpListener) -> bool {
    cfg!(target_os = "linux") && SockRef::from(listener).set_tcp_nodelay(true).is_ok()
}

/// Errors of the connection that was to be accepted, not of the listener.
fn is_connection_error(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// What a TCP connection carries. Each boxed, as the task would be as large as the larger for all its life.
enum Stage {
    Http(Pin<Box<dyn Future<Output = Option<Connection>> + Send>>),
    WebSocket(Pin<Box<dyn Future<Output = ()> + Send>>),
}

/// Serves a TCP connection to its end.
fn serve(
    service: Service,
    stream: TcpStream,
    address: SocketAddr,
    nodelay: bool,
) -> impl Future<Output = ()> + Send {
    let mut stage = Stage::Http(Box::pin(serve_http(service, stream, address)));
    poll_fn(move |cx| {
        loop {
            stage = match &mut stage {
                Stage::Http(http) => match ready!(http.as_mut().poll(cx)) {
                    Some(connection) => {
                        Stage::WebSocket(Box::pin(Connection { nodelay, ..connection }.run()))
                    }
                    None => return Poll::Ready(()),
                },
                Stage::WebSocket(connection) => return connection.as_mut().poll(cx),
            };
        }
    })
}

/// Answers requests; `Some` when the last one was a handshake.
async fn serve_http(service: Service, stream: TcpStream, address: SocketAddr) -> Option<Connection> {
    let connection = Mutex::new(None);
    let begin = |answer: Answer| {
        *connection.lock().unwrap_or_else(PoisonError::into_inner) = answer.connection;
        answer.response
    };
    service.serve_http(stream, Some(address), begin).await;
    connection.into_inner().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
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
