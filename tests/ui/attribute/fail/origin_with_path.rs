use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items", origins = ["https://example.com/"])]
async fn item(_ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
