use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items", ping_interval = 20)]
async fn item(_ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
