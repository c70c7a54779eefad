use ws_runtime::{Error, WebSocket, routes, websocket};

#[websocket("/items")]
async fn item(_ws: WebSocket) -> Result<String, Error> {
    Ok(String::new())
}

fn main() {
    let _ = routes![item];
}
