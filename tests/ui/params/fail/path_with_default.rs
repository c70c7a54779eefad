#![allow(unused_variables)]

use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items/<id>")]
async fn item(#[path(default = 1)] id: u64, _ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
