use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items", send_buffer = -1)]
async fn item(_ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
