#![allow(unused_variables)]

use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items/<item_id>")]
async fn item(itme_id: u64, _ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
