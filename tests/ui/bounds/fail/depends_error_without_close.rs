#![allow(unused_variables)]

use ws_runtime::{Handshake, WebSocket, routes, websocket};

#[derive(Debug)]
struct UserError;

async fn user(_: &Handshake) -> Result<String, UserError> {
    Err(UserError)
}

#[websocket("/items")]
async fn item(#[depends(user)] user: String, _ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
