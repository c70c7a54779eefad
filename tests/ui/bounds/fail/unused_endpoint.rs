#![deny(dead_code)]

use ws_runtime::{WebSocket, websocket};

#[websocket("/items")]
async fn item(_ws: WebSocket) {}

fn main() {}
