use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items", crate = "ws_runtime")]
async fn item(_ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
