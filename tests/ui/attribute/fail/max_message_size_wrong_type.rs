use std::time::Duration;

use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items", max_message_size = Duration::from_secs(1))]
async fn item(_ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
