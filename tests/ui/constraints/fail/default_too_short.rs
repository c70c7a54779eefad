#![allow(unused_variables)]

use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items")]
async fn item(#[query(default = "a", min_length = 2)] q: String, _ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
