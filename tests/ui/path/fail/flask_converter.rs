#![allow(unused_variables)]

use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items/<int:id>")]
async fn item(id: u64, _ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
