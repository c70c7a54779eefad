use ws_runtime::{Error, WebSocket, routes, websocket};

#[websocket("/items")]
async fn item(_ws: WebSocket) -> Result<(), Error> {
    let id: u32 = "a".parse()?;
    drop(id);
    Ok(())
}

fn main() {
    let _ = routes![item];
}
