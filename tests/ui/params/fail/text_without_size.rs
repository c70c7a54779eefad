#![allow(unused_variables)]

use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items/<name>")]
async fn item(name: str, _ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
