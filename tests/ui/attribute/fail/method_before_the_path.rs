#![allow(unused_variables)]

use ws_runtime::{WebSocket, routes, websocket};

#[websocket(GET, "/items")]
async fn item(_ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
