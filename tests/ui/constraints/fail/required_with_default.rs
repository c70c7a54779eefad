#![allow(unused_variables)]

use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items")]
async fn item(#[query(required, default = [1])] sizes: Vec<u64>, _ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
