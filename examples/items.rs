//! Reads path, query and cookie parameters, and turns each error into the close code that its type declares.
//!
//! ```sh
//! cargo run -p examples --bin items
//! .venv/bin/python examples/talk.py --cookie session=abc ws://127.0.0.1:8000/items/5/ws hi
//! # prints: Message text was: hi, for item ID: 5
//! ```
//!
//! The program prints more to try. The same endpoint stands a second time under `/http`, where an error
//! before accept refuses the handshake with an HTTP status, instead of accepting it to send a close code.

use std::{error::Error, net::SocketAddr};

use ws_runtime::{
    App, CloseError, Rejection, Router, SocketError, WebSocket, dependency, routes,
    websocket,
};

/// Everything that can end an `item` connection, and with which close code.
#[derive(Debug, thiserror::Error, CloseError)]
enum ItemError {
    #[error("Session cookie missing")]
    #[close(1008)]
    NoSession,
    #[error(transparent)]
    #[close(transparent)]
    Socket(#[from] SocketError),
}

/// Runs before the connection is accepted: without a cookie there is no connection.
#[dependency]
async fn session(#[cookie] session: Option<String>) -> Result<String, ItemError> {
    session.ok_or(ItemError::NoSession)
}

/// Repeats what a client says about an item.
#[websocket("/items/<id>/ws")]
async fn item(
    /// The number of the item.
    id: u64,
    /// Is repeated after each message.
    #[query]
    q: Option<i32>,
    #[depends(session)] _session: String,
    mut ws: WebSocket,
) -> Result<(), ItemError> {
    tracing::info!(id, q, "connected");
    loop {
        let text = ws.recv_text().await?;
        ws.send_text(format!("Message text was: {text}, for item ID: {id}")).await?;
        if let Some(q) = q {
            ws.send_text(format!("Query param q is: {q}")).await?;
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let app = App::new()
        .routes(routes![item])
        .nest("/http", Router::new().rejection(Rejection::Http).routes(routes![item]))
        // A page that describes the endpoints and connects to them. Leave it out where
        // nobody should see them.
        .docs("/docs");
    // The same for programs.
    #[cfg(feature = "schema")]
    let app = app.asyncapi_at("/asyncapi.json");

    let listener = examples::listen().await?;
    print_help(listener.local_addr()?);
    app.serve(listener).await?;
    Ok(())
}

/// Prints where the page is, and how to talk to the endpoint with a cookie, which most
/// tools do not accept as an argument.
fn print_help(address: SocketAddr) {
    println!(
        r"
Open http://{address}/ in a browser: the page describes the endpoints, connects to them, and explains
each close. `session` is the cookie that they ask for, with any value.

Or talk to them from a second terminal, in this directory. Once:

  python3 -m venv .venv && .venv/bin/pip install websockets

Then:

  .venv/bin/python examples/talk.py --cookie session=abc 'ws://{address}/items/5/ws' hi
  .venv/bin/python examples/talk.py --cookie session=abc 'ws://{address}/items/5/ws?q=3' hi
  .venv/bin/python examples/talk.py 'ws://{address}/items/5/ws' hi             # 1008: no cookie
  .venv/bin/python examples/talk.py 'ws://{address}/items/5/ws?q=abc' hi       # 1008: JSON that names q
  .venv/bin/python examples/talk.py 'ws://{address}/http/items/5/ws' hi        # HTTP 403: no cookie
  .venv/bin/python examples/talk.py 'ws://{address}/http/items/5/ws?q=abc' hi  # HTTP 422: details
"
    );
}
