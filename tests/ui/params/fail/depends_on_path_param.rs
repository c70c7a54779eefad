#![allow(unused_variables)]

use ws_runtime::{Handshake, Result, WebSocket, routes, websocket};

async fn load(_: &Handshake) -> Result<u64> {
    Ok(1)
}

#[websocket("/items/<id>")]
async fn item(#[depends(load)] id: u64, _ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
