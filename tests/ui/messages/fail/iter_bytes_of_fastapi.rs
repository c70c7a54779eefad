use ws_runtime::{App, Result, WebSocket, routes, websocket};

#[websocket("/items")]
async fn item(mut ws: WebSocket) -> Result {
    for _bytes in ws.iter_bytes() {}
    Ok(())
}

fn main() {
    App::new().routes(routes![item]);
}
