use ws_runtime::{App, Result, WebSocket, routes, websocket};

#[websocket("/items")]
async fn item(mut ws: WebSocket) -> Result {
    let bytes = ws.receive_bytes().await?;
    ws.send_binary(bytes).await?;
    Ok(())
}

fn main() {
    App::new().routes(routes![item]);
}
