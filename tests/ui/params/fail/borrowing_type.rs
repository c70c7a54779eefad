#![allow(unused_variables)]

use std::borrow::Cow;

use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items")]
async fn item(#[query] q: Cow<'_, str>, _ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
