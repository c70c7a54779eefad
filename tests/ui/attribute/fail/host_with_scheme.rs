use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items", hosts = ["https://example.com"])]
async fn item(_ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
