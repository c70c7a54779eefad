use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items", fragments = true)]
async fn item(_ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
