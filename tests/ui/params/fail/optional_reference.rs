#![allow(unused_variables)]

use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items")]
async fn item(#[query] q: Option<&str>, _ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
