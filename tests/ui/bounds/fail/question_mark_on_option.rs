use ws_runtime::{Error, WebSocket, routes, websocket};

#[websocket("/items")]
async fn item(_ws: WebSocket) -> Result<(), Error> {
    let first = [1, 2].first()?;
    drop(first);
    Ok(())
}

fn main() {
    let _ = routes![item];
}
