use ws_runtime::{App, Result, WebSocket, routes, websocket};

#[websocket("/items")]
async fn item(mut ws: WebSocket) -> Result {
    for _text in ws.iter_text() {}
    Ok(())
}

fn main() {
    App::new().routes(routes![item]);
}
