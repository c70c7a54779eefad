#![allow(unused_variables)]

use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items")]
async fn item(#[query(min_length = -1)] q: String, _ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
