#![allow(unused_variables)]

use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items")]
async fn item(size: u32 = 10, _ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
