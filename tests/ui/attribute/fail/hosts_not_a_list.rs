use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items", hosts = "example.com")]
async fn item(_ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
