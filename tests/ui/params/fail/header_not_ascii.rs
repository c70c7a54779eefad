#![allow(unused_variables)]

use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items")]
async fn item(#[header] größe: Option<String>, _ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
