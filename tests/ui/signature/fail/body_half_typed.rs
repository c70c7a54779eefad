use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items")]
async fn item(mut ws: WebSocket) {
    let message = ws.;
}

fn main() {
    let _ = routes![item];
}
