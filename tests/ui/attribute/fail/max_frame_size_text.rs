use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items", max_frame_size = "4 KiB")]
async fn item(_ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
