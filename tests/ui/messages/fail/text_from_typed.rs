use ws_runtime::{App, Result, WebSocket, routes, websocket};

#[websocket("/items")]
async fn item(mut ws: WebSocket<String>) -> Result {
    let _text = ws.recv_text().await?;
    Ok(())
}

fn main() {
    App::new().routes(routes![item]);
}
