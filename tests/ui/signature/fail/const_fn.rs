use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items")]
const fn item(_ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
