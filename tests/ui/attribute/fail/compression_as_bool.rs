use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items", compression = false)]
async fn item(_ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
