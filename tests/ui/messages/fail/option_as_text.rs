use ws_runtime::{App, Result, WebSocket, routes, websocket};

#[websocket("/items")]
async fn item(mut ws: WebSocket) -> Result {
    let name = Some("Ann");
    ws.send_text(name).await?;
    Ok(())
}

fn main() {
    App::new().routes(routes![item]);
}
