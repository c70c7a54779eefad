//! A server that is stopped by signals, for the tests of shutdown. It prints to standard output the address that it listens on.

use std::{env, error::Error, time::Duration};

use tokio::net::TcpListener;
use ws_runtime::{App, SocketError, WebSocket, routes, websocket};

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

/// The first argument is the shutdown deadline in milliseconds, or `default`.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let deadline = env::args().nth(1).expect("a deadline");
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    let mut app = App::new().routes(routes![echo, hangs]);
    if deadline != "default" {
        app = app.shutdown_deadline(Duration::from_millis(deadline.parse()?));
    }
    app.serve(listener).await?;
    println!("served");
    Ok(())
}
