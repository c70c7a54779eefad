use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items")]
async extern "C" fn item(_ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
