#![allow(unused_variables)]

use ws_runtime::{Query, WebSocket, routes, websocket};

#[derive(serde::Deserialize)]
struct Page {
    number: u32,
}

#[websocket("/items")]
async fn item(#[query] page: Query<Page>, _ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
