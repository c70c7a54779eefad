//! A server without a `tracing` subscriber, or with one that discards everything, for the tests of standard error.

use std::{env, error::Error};

use ws_runtime::{App, WebSocket, routes, websocket};

#[websocket("/fails")]
async fn fails(_ws: WebSocket) -> Result<(), Box<dyn Error + Send + Sync>> {
    Err("disk is full\nws-runtime: a forged line")?
}

#[websocket("/panics")]
async fn panics(_ws: WebSocket) {
    panic!("a bug");
}

#[websocket("/leaves")]
async fn leaves(mut ws: WebSocket) -> Result<(), Box<dyn Error + Send + Sync>> {
    loop {
        ws.recv_text().await?;
    }
}

/// With the argument `heard`, it sets a subscriber. With `quiet`, it does not announce its address.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let argument = env::args().nth(1);
    if argument.as_deref() == Some("heard") {
        tracing::subscriber::set_global_default(tracing_subscriber::registry())?;
    }
    std::panic::set_hook(Box::new(|_| {}));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    let app =
        App::new().routes(routes![fails, panics, leaves]).announce(argument.as_deref() != Some("quiet"));
    app.serve(listener).await?;
    Ok(())
}
