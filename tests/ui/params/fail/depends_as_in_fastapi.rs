#![allow(unused_variables)]

use ws_runtime::{Handshake, Result, WebSocket, routes, websocket};

async fn user(_: &Handshake) -> Result<String> {
    Ok(String::new())
}

#[websocket("/items")]
async fn item(user: String = Depends(user), _ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
