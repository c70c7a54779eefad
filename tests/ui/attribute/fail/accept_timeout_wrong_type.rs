use std::time::Instant;

use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items", accept_timeout = Instant::now())]
async fn item(_ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
