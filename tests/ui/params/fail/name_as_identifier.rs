#![allow(unused_variables)]

use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items")]
async fn item(#[cookie(session_id)] session: String, _ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
