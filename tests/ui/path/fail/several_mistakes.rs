#![allow(unused_variables)]

use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items/:id//<name")]
async fn item(id: u64, name: String, _ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
