use ws_runtime::{Origins, WebSocket, routes, websocket};

#[websocket("/items", rejection = Origins::any())]
async fn item(_ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
