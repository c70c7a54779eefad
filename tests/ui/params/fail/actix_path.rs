#![allow(unused_variables)]

use ws_runtime::{WebSocket, routes, websocket};

struct Path<T>(T);

#[websocket("/items/<id>")]
async fn item(path: Path<u64>, _ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
