//! The server that the Autobahn|Testsuite is run against: it sends every message back, text as text and binary as binary.
//! See `docs/conformance.md`.
//!
//! ```sh
//! cargo run -p ws-tests --bin conformance_server -- 127.0.0.1:9001
//! ```

use std::{env, error::Error};

use tokio::net::TcpListener;
use ws_runtime::{App, Compression, Result, WebSocket, routes, websocket};

/// The suite's largest messages, in section 9, have 16 MiB, in one frame or in many.
const LARGEST_MESSAGE: usize = 16 * 1024 * 1024;

#[websocket("/")]
async fn echo(mut ws: WebSocket) -> Result {
    loop {
        let message = ws.recv().await?;
        ws.send(message).await?;
    }
}

/// Listens on the address in the first argument, and prints it with the actual port.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let (mut address, mut compression) = (None, Compression::off());
    for argument in env::args().skip(1) {
        match argument.as_str() {
            "--deflate" => compression = Compression::deflate(),
            _ => address = Some(argument),
        }
    }
    let listener = TcpListener::bind(address.ok_or("usage: conformance_server ADDRESS")?).await?;
    println!("{}", listener.local_addr()?);
    let app = App::new().routes(routes![echo]).max_message_size(LARGEST_MESSAGE).compression(compression);
    app.serve(listener).await?;
    Ok(())
}
