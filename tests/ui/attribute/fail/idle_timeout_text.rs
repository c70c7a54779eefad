use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items", idle_timeout = "60s")]
async fn item(_ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
