#![allow(unused_variables)]

use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items")]
async fn item(#[query(1..=100)] size: u32, _ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
