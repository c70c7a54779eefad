#![allow(unused_variables)]

use ws_runtime::{State, WebSocket, routes, websocket};

struct Db;

#[websocket("/items")]
async fn item(_ws: WebSocket, db: State<Db>) {}

fn main() {
    let _ = routes![item];
}
