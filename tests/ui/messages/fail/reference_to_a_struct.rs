use ws_runtime::{App, Result, WebSocket, routes, websocket};

#[derive(serde::Serialize)]
struct Chat {
    _text: String,
}

#[websocket("/chat")]
async fn chat(mut ws: WebSocket<String, Chat>) -> Result {
    let chat = Chat { _text: String::new() };
    ws.send(&chat).await?;
    Ok(())
}

fn main() {
    App::new().routes(routes![chat]);
}
