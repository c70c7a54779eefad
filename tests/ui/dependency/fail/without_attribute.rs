#![allow(unused_variables)]

use ws_runtime::{Result, WebSocket, routes, websocket};

async fn load(id: u64) -> Result<u64> {
    Ok(id)
}

#[websocket("/items/<id>")]
async fn item(#[depends(load)] item: u64, _ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
