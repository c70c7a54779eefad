use ws_runtime::{App, Result, WebSocket, routes, websocket};

struct Chat {
    _text: String,
}

#[websocket("/chat")]
async fn chat(mut ws: WebSocket) -> Result {
    ws.send(Chat { _text: String::new() }).await?;
    Ok(())
}

fn main() {
    App::new().routes(routes![chat]);
}
