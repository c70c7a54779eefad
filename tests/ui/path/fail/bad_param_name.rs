#![allow(unused_variables)]

use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items/<item-id>")]
async fn item(item_id: u64, _ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
