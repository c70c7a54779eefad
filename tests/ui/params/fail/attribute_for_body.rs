#![allow(unused_variables)]

use ws_runtime::{WebSocket, routes, websocket};

struct Order;

#[websocket("/items")]
async fn item(#[body] order: Order, _ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
