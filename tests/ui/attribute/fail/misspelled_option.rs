use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items", protocol = ["chat"])]
async fn item(_ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
