#![allow(unused_variables)]

use ws_runtime::{Query, WebSocket, routes, websocket};

struct Page;

#[websocket("/items")]
async fn item(page: Query<Page>, _ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
