#![allow(unused_variables)]

use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items")]
async fn item(#[cookie(name = "session id")] session: String, _ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
