#![allow(unused_variables)]

use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items")]
async fn item(#[depends(|_| async { Ok(1) })] user: u32, _ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
