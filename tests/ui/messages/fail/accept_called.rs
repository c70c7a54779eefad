use ws_runtime::{App, Result, WebSocket, routes, websocket};

#[websocket("/items")]
async fn item(mut ws: WebSocket) -> Result {
    ws.accept().await?;
    Ok(())
}

fn main() {
    App::new().routes(routes![item]);
}
