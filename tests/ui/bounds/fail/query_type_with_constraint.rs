#![allow(unused_variables)]

use ws_runtime::{WebSocket, routes, websocket};

struct Page;

#[websocket("/items")]
async fn item(#[query(default = Page)] page: Page, _ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
