#![allow(unused_variables)]

use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items/<id>")]
async fn item(#[path(name = "number")] id: u64, _ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
