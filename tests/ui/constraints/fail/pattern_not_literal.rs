#![allow(unused_variables)]

use ws_runtime::{WebSocket, routes, websocket};

const PATTERN: &str = "^a";

#[websocket("/items")]
async fn item(#[query(pattern = PATTERN)] q: String, _ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
