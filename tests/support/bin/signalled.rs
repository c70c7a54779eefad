//! A server that is stopped by signals, for the tests of shutdown. It prints to standard output the address that it listens on.

use std::{
    env,
    error::Error,
    io,
    net::SocketAddr,
    process::{self, Command},
    time::Duration,
};

use tokio::net::{TcpListener, TcpStream};
use ws_runtime::{App, Listener, SocketError, WebSocket, routes, websocket};

#[websocket("/echo")]
async fn echo(mut ws: WebSocket) -> Result<(), SocketError> {
    loop {
        let message = ws.recv().await?;
        ws.send(message).await?;
    }
}

/// Never ends by itself.
#[websocket("/hangs")]
async fn hangs(mut ws: WebSocket) -> Result<(), SocketError> {
    ws.send_text("ready").await?;
    std::future::pending().await
}

/// Sends this process a SIGTERM when the server asks for its address, which is before it accepts the first connection.
struct Early(TcpListener);

impl Listener for Early {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        Listener::accept(&mut self.0).await
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        let sent = Command::new("sh").args(["-c", &format!("kill -TERM {}", process::id())]).status()?;
        assert!(sent.success());
        self.0.local_addr()
    }
}

/// The first argument is the shutdown deadline in milliseconds, or `default`, or `early` for a signal that comes while the
/// server begins.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let deadline = env::args().nth(1).expect("a deadline");
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    let app = App::new().routes(routes![echo, hangs]);
    match deadline.as_str() {
        "early" => app.serve(Early(listener)).await?,
        "default" => app.serve(listener).await?,
        milliseconds => {
            let deadline = Duration::from_millis(milliseconds.parse()?);
            app.shutdown_deadline(deadline).serve(listener).await?;
        }
    }
    println!("served");
    Ok(())
}
