#![allow(unused_variables)]

use ws_runtime::{WebSocket, routes, websocket};

#[derive(serde::Deserialize)]
struct Order<'a> {
    item: &'a str,
}

#[websocket("/items")]
async fn item(_ws: WebSocket<Order<'_>, String>) {}

fn main() {
    let _ = routes![item];
}
