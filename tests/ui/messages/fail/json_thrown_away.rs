use ws_runtime::{App, Result, WebSocket, routes, websocket};

#[websocket("/items")]
async fn item(mut ws: WebSocket) -> Result {
    ws.recv_json().await?;
    Ok(())
}

fn main() {
    App::new().routes(routes![item]);
}
