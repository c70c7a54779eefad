#![allow(unused_variables)]

use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items/<id?>")]
async fn item(_ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
