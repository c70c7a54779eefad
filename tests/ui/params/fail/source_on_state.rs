#![allow(unused_variables)]

use ws_runtime::{State, WebSocket, routes, websocket};

struct Db;

#[websocket("/items")]
async fn item(#[query] db: State<Db>, _ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
