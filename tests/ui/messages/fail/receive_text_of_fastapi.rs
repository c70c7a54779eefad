use ws_runtime::{App, Result, WebSocket, routes, websocket};

#[websocket("/items")]
async fn item(mut ws: WebSocket) -> Result {
    let text = ws.receive_text().await?;
    ws.send_text(text).await?;
    Ok(())
}

fn main() {
    App::new().routes(routes![item]);
}
