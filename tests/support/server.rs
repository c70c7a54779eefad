//! An app on a real socket.

use std::net::SocketAddr;

use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use ws_runtime::App;

use crate::{Connect, Opening, Raw, Response};

/// A running server, which stops when it is dropped.
#[derive(Debug)]
pub struct Server {
    addr: SocketAddr,
    task: JoinHandle<()>,
}

impl Server {
    /// Serves an app on its own port.
    pub async fn start(app: App) -> Self {
        let listener = Self::listen().await;
        Self::run(&listener.local_addr().expect("a listener has an address").clone(), async move {
            app.serve(listener).await.expect("the app serves");
        })
    }

    /// Binds a listener to its own port.
    pub async fn listen() -> TcpListener {
        TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port")
    }

    /// Runs a server that is not an app, such as axum's, which listens on `addr`.
    pub fn run(addr: &SocketAddr, serve: impl Future<Output = ()> + Send + 'static) -> Self {
        Self { addr: *addr, task: tokio::spawn(serve) }
    }

    /// Returns the address that it listens on.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Prepares a client.
    #[must_use]
    pub fn at(&self, target: &str) -> Connect {
        Connect::to(self.addr, target)
    }

    /// Connects a client that reads and writes bytes.
    pub async fn raw(&self) -> Raw {
        let stream = TcpStream::connect(self.addr).await.expect("the server listens");
        // Tests write a frame in pieces, which must arrive as pieces.
        stream.set_nodelay(true).expect("a socket takes the option");
        Raw::over(stream)
    }

    /// Connects such a client and sends an opening handshake, which must be accepted.
    pub async fn raw_open(&self, target: &str) -> Raw {
        let mut raw = self.raw().await;
        raw.open(&Opening::new(target)).await;
        raw
    }

    /// Returns the response to one request on a new connection.
    pub async fn request(&self, opening: &Opening) -> Response {
        self.raw().await.request(opening).await
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}
