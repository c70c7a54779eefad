use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items", subprotocolls = ["chat"])]
async fn item(_ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
