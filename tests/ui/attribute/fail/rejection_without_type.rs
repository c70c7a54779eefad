#![allow(unused_variables)]

use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items", rejection = Http)]
async fn item(_ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
