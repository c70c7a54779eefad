use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items")]
async fn item(#[query] (x, y): (u32, u32), _ws: WebSocket) {
    let _ = (x, y);
}

fn main() {
    let _ = routes![item];
}
