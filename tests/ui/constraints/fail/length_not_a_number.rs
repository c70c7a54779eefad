#![allow(unused_variables)]

use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items")]
async fn item(#[query(max_length = "3")] q: String, _ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
