use ws_runtime::{App, Result, WebSocket, routes, websocket};

#[websocket("/items")]
async fn item(mut ws: WebSocket) -> Result {
    ws.close(1000).await?;
    Ok(())
}

fn main() {
    App::new().routes(routes![item]);
}
