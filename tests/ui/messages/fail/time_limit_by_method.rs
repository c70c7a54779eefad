use std::time::Duration;

use ws_runtime::{App, Result, WebSocket, routes, websocket};

#[websocket("/items")]
async fn item(mut ws: WebSocket) -> Result {
    let _text = ws.recv_timeout(Duration::from_secs(1)).await?;
    Ok(())
}

fn main() {
    App::new().routes(routes![item]);
}
