#![allow(unused_variables)]

use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items?q=<q>")]
async fn item(q: u64, _ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
