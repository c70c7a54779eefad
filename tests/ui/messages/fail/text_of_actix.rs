use ws_runtime::{App, Result, WebSocket, routes, websocket};

#[websocket("/items")]
async fn item(mut ws: WebSocket) -> Result {
    ws.text("hi").await?;
    Ok(())
}

fn main() {
    App::new().routes(routes![item]);
}
