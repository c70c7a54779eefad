use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items")]
async fn item(q: u32) {}

fn main() {
    let _ = routes![item];
}
