use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items")]
async fn item(_ws: WebSocket) -> u8 {
    0
}

fn main() {
    let _ = routes![item];
}
