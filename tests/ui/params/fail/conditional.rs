#![allow(unused_variables)]

use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items")]
async fn item(
    #[cfg(debug_assertions)]
    #[query]
    q: Option<String>,
    _ws: WebSocket,
) {
}

fn main() {
    let _ = routes![item];
}
