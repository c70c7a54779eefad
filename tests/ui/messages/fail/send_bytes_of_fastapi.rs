use ws_runtime::{App, Result, WebSocket, routes, websocket};

#[websocket("/items")]
async fn item(mut ws: WebSocket) -> Result {
    ws.send_bytes(vec![1]).await?;
    Ok(())
}

fn main() {
    App::new().routes(routes![item]);
}
