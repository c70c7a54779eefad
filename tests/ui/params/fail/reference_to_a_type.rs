#![allow(unused_variables)]

use ws_runtime::{WebSocket, routes, websocket};

struct Db;

#[websocket("/items")]
async fn item(db: &Db, _ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
