#![allow(unused_variables)]

use ws_runtime::{WebSocket, routes, websocket};

struct Paged<T>(T);

#[websocket("/items")]
async fn item(page: Paged<u8>, _ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
