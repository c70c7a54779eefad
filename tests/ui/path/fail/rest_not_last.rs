#![allow(unused_variables)]

use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/files/<rest..>/raw")]
async fn item(rest: Vec<String>, _ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
