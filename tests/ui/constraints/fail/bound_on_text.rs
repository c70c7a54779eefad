#![allow(unused_variables)]

use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items")]
async fn item(#[query(ge = 3)] name: String, _ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
