#![allow(unused_variables)]

use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items", rate_limit = (5, 60))]
async fn item(_ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
