#![allow(unused_variables)]

use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items")]
async fn item(#[query(required)] size: u64, _ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
