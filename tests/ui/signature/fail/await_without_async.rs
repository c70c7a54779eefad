use ws_runtime::{Result, WebSocket, routes, websocket};

#[websocket("/items")]
fn item(mut ws: WebSocket) -> Result {
    ws.recv().await?;
    Ok(())
}

fn main() {
    let _ = routes![item];
}
