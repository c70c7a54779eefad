use ws_runtime::{WebSocket, routes, websocket};

fn version() -> u32 {
    1
}

#[websocket("/items", subprotocols = version())]
async fn item(_ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
