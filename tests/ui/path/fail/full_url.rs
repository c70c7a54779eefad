use ws_runtime::{WebSocket, routes, websocket};

#[websocket("wss://example.com/items")]
async fn item(_ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
