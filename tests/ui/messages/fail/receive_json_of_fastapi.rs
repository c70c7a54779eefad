use ws_runtime::{App, Result, WebSocket, routes, websocket};

#[websocket("/items")]
async fn item(mut ws: WebSocket) -> Result {
    let number: u32 = ws.receive_json().await?;
    ws.send_json(&number).await?;
    Ok(())
}

fn main() {
    App::new().routes(routes![item]);
}
