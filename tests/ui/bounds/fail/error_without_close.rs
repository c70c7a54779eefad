use ws_runtime::{WebSocket, routes, websocket};

#[derive(Debug)]
struct ItemError;

#[websocket("/items")]
async fn item(_ws: WebSocket) -> Result<(), ItemError> {
    Ok(())
}

fn main() {
    let _ = routes![item];
}
