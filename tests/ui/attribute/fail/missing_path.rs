use ws_runtime::{WebSocket, routes, websocket};

#[websocket]
async fn item(_ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
