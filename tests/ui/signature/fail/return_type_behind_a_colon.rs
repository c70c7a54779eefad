use ws_runtime::{Result, WebSocket, routes, websocket};

#[websocket("/items")]
async fn item(_ws: WebSocket): Result {
    Ok(())
}

fn main() {
    let _ = routes![item];
}
