#![allow(unused_variables)]

use ws_runtime::{WebSocket, routes, websocket};

#[websocket(String::from("/items"))]
async fn item(_ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
