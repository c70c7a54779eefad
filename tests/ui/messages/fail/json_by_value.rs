use ws_runtime::{App, Result, WebSocket, routes, websocket};

#[derive(serde::Serialize)]
struct Chat {
    _text: String,
}

#[websocket("/chat")]
async fn chat(mut ws: WebSocket) -> Result {
    ws.send_json(Chat { _text: String::new() }).await?;
    Ok(())
}

fn main() {
    App::new().routes(routes![chat]);
}
