//! A process whose clients are scripts, for the tests of clients in TypeScript. With the argument `typescript` it prints the
//! client; otherwise it listens on the port of its argument and prints its address.

use std::{env, error::Error};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use ws_runtime::{App, CloseError, SocketError, WebSocket, routes, websocket};

#[derive(Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Order {
    Say { text: String },
    Forbidden,
}

#[derive(Serialize, JsonSchema)]
struct Said {
    text: String,
    id: u32,
    tags: Vec<String>,
}

#[derive(Debug, thiserror::Error, CloseError)]
enum TalkError {
    /// The client must not do this.
    #[error("forbidden")]
    #[close(1008)]
    Forbidden,
    #[error(transparent)]
    #[close(transparent)]
    Socket(#[from] SocketError),
}

/// Sends back what it receives.
#[websocket("/talk/<id>")]
async fn talk(id: u32, #[query] tags: Vec<String>, mut ws: WebSocket<Order, Said>) -> Result<(), TalkError> {
    loop {
        match ws.recv().await? {
            Order::Say { text } => ws.send(Said { text, id, tags: tags.clone() }).await?,
            Order::Forbidden => return Err(TalkError::Forbidden),
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let app = App::new().routes(routes![talk]);
    let argument = env::args().nth(1).expect("`typescript` or a port");
    if argument == "typescript" {
        print!("{}", app.typescript());
        return Ok(());
    }
    let listener = TcpListener::bind(("127.0.0.1", argument.parse()?)).await?;
    println!("{}", listener.local_addr()?);
    app.serve(listener).await?;
    Ok(())
}
