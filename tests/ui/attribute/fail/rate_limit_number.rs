use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items", rate_limit = 10)]
async fn item(_ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
