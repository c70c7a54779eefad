#![allow(unused_variables)]

use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items")]
async fn item(#[query] q: impl Into<String>, _ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
