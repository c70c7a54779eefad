use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items")]
async fn item(#[query] mut ws: WebSocket) {
    let _ = &mut ws;
}

fn main() {
    let _ = routes![item];
}
