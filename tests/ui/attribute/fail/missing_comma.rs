use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items" subprotocols = ["chat"])]
async fn item(_ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
