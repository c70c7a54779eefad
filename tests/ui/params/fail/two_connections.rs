#![allow(unused_variables)]

use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items")]
async fn item(tx: WebSocket, rx: WebSocket) {}

fn main() {
    let _ = routes![item];
}
