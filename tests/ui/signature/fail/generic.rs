use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items")]
async fn item<T: Send>(_ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
