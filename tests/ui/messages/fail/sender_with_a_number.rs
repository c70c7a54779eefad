use ws_runtime::{App, Result, WebSocket, routes, websocket};

#[websocket("/items")]
async fn item(mut ws: WebSocket) -> Result {
    let sender = ws.sender();
    sender.send_text(42).await?;
    Ok(())
}

fn main() {
    App::new().routes(routes![item]);
}
