#![allow(unused_variables)]

use ws_runtime::{Handshake, Result, WebSocket, routes, websocket};

async fn signed_in(_: &Handshake) -> Result {
    Ok(())
}

#[websocket("/items", before_accept = [signed_in()])]
async fn item(_ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
