use ws_runtime::{WebSocket, routes, websocket};

#[websocket(42)]
async fn item(_ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
