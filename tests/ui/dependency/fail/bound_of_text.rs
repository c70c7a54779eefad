#![allow(unused_variables)]

use ws_runtime::{Result, WebSocket, dependency, routes, websocket};

#[dependency]
async fn load(#[path(ge = 1)] id: String) -> Result<u64> {
    Ok(1)
}

#[websocket("/items/<id>")]
async fn item(#[depends(load)] item: u64, _ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
