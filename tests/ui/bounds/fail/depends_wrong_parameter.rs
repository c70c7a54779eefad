#![allow(unused_variables)]

use ws_runtime::{Result, WebSocket, routes, websocket};

async fn user(_: String) -> Result<String> {
    Ok(String::new())
}

#[websocket("/items")]
async fn item(#[depends(user)] user: String, _ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
