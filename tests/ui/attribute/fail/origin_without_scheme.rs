use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items", origins = ["example.com"])]
async fn item(_ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
