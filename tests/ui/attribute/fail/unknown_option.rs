use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items", compression = true)]
async fn item(_ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
