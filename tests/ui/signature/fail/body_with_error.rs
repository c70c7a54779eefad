use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items")]
async fn item(mut ws: WebSocket) {
    let message: u32 = ws;
}

fn main() {
    let _ = routes![item];
}
