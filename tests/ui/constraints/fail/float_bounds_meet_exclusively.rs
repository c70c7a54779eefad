#![allow(unused_variables)]

use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items")]
async fn item(#[query(ge = 0.5, lt = 0.5)] q: f64, _ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
