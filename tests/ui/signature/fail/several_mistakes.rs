#![allow(unused_variables)]

use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items/<id>/:part", subprotocolls = ["chat"])]
fn item(
    #[query]
    #[cookie]
    q: u32,
    #[header] token: &str,
    _ws: WebSocket,
) {
}

fn main() {
    let _ = routes![item];
}
