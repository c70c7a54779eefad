#![allow(unused_variables)]

use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items", idle_timeout: std::time::Duration::from_secs(60))]
async fn item(_ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
