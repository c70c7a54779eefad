#![allow(unused_variables)]

use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items")]
async fn item(#[query(le = 300)] q: u8, _ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
