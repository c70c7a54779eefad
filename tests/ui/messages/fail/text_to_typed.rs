use ws_runtime::{App, Result, WebSocket, routes, websocket};

#[websocket("/items")]
async fn item(mut ws: WebSocket<String>) -> Result {
    ws.send_text("hi").await?;
    Ok(())
}

fn main() {
    App::new().routes(routes![item]);
}
