#![allow(unused_variables)]

use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items", max_message_size = "64KB")]
async fn item(_ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
