#![allow(unused_variables)]

use ws_runtime::{WebSocket, routes, websocket};

struct Page;

#[websocket("/items/<id>")]
async fn item(id: Page, _ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
