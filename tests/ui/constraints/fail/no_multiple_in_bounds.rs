#![allow(unused_variables)]

use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items")]
async fn item(#[query(ge = 1, le = 4, multiple_of = 5)] q: u32, _ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
