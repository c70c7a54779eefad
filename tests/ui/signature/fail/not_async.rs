use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items")]
fn item(_ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
