#![allow(unused_variables)]

use ws_runtime::{WebSocket, dependency, routes, websocket};

#[derive(Debug)]
struct LoadError;

#[dependency]
async fn load(id: u64) -> Result<u64, LoadError> {
    Ok(id)
}

#[websocket("/items/<id>")]
async fn item(#[depends(load)] item: u64, _ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
