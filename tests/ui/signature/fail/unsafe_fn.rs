use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items")]
async unsafe fn item(_ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
