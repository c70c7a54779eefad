#![allow(unused_variables)]

use ws_runtime::{Handshake, WebSocket, routes, websocket};

async fn user(_: &Handshake) -> String {
    String::new()
}

#[websocket("/items")]
async fn item(#[depends(user)] user: String, _ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
