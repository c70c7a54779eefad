#![allow(unused_variables)]

use ws_runtime::{WebSocket, routes, websocket};

trait Store {}

#[websocket("/items")]
async fn item(store: dyn Store, _ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
