use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items", accept_timeout = 5)]
async fn item(_ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
