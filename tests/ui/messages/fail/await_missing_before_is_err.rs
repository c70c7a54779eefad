use ws_runtime::{App, Result, WebSocket, routes, websocket};

#[websocket("/items")]
async fn item(mut ws: WebSocket) -> Result {
    if ws.send_text("hi").is_err() {
        return Ok(());
    }
    Ok(())
}

fn main() {
    App::new().routes(routes![item]);
}
