#![allow(unused_variables)]

use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items")]
async fn item(#[header] user_agent: String, #[header(name = "User-Agent")] browser: String, _ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
