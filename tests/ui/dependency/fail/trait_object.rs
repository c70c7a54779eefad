#![allow(unused_variables)]

use ws_runtime::{WebSocket, dependency, routes, websocket};

#[dependency]
async fn load(id: u64) -> dyn Fn() -> u64 {
    move || id
}

#[websocket("/items/<id>")]
async fn item(#[depends(load)] item: Box<dyn Fn() -> u64 + Send>, _ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
