#![allow(unused_variables)]

use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items")]
async fn item(_ws: WebSocket, #[query] q: u32) {}

fn main() {
    let _ = routes![item];
}
