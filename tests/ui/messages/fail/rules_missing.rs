use ws_runtime::{App, Result, Valid, WebSocket, routes, websocket};

#[derive(serde::Deserialize)]
struct Chat {
    _text: String,
}

#[websocket("/chat")]
async fn chat(mut ws: WebSocket<Valid<Chat>, String>) -> Result {
    let _chat = ws.recv().await?;
    Ok(())
}

fn main() {
    App::new().routes(routes![chat]);
}
