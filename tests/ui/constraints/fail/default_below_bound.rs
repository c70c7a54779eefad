#![allow(unused_variables)]

use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items")]
async fn item(#[query(default = 0, ge = 1)] q: u32, _ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
