use ws_runtime::{App, Result, WebSocket, routes, websocket};

#[websocket("/items")]
async fn item(mut ws: WebSocket) -> Result {
    ws.send_binary(42).await?;
    Ok(())
}

fn main() {
    App::new().routes(routes![item]);
}
