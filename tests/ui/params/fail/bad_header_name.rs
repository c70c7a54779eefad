#![allow(unused_variables)]

use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items")]
async fn item(#[header(name = "x token:")] token: String, _ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
