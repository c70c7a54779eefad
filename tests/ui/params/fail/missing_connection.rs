use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items")]
async fn item() {}

fn main() {
    let _ = routes![item];
}
