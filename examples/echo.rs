//! Sends every message back, text as text and binary as binary.
//!
//! ```sh
//! cargo run -p examples --bin echo
//! .venv/bin/python examples/talk.py ws://127.0.0.1:8000/echo hi      # prints: hi
//! .venv/bin/python -m websockets ws://127.0.0.1:8000/echo            # the same by hand, line by line
//! ```
//!
//! `python3 -m venv .venv && .venv/bin/pip install websockets` installs the client, once.

use std::error::Error;

use ws_runtime::{App, WebSocket, routes, websocket};

#[websocket("/echo")]
async fn echo(mut ws: WebSocket) -> ws_runtime::Result {
    loop {
        // A client that leaves is an error too: it ends the endpoint through `?`, and is
        // logged at debug only.
        let message = ws.recv().await?;
        ws.send(message).await?;
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    App::new().routes(routes![echo]).serve(examples::listen().await?).await?;
    Ok(())
}
