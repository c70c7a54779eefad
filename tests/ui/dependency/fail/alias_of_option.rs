#![allow(unused_variables)]

use ws_runtime::{WebSocket, dependency, routes, websocket};

type Found<T> = Option<T>;

#[dependency]
async fn load(id: u64) -> Found<u64> {
    Some(id)
}

#[websocket("/items/<id>")]
async fn item(#[depends(load)] item: u64, _ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
