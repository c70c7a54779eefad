use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items", hosts = 8000..8010)]
async fn item(_ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
