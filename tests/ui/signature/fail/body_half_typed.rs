#![allow(unused_variables)]

use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items")]
async fn item(ws: WebSocket) {
    let _message = ws.;
}

fn main() {
    let _ = routes![item];
}
