use ws_runtime::{App, Result, WebSocket, routes, websocket};

struct Chat {
    _text: String,
}

#[websocket("/chat")]
async fn chat(mut ws: WebSocket) -> Result {
    let _chat: Chat = ws.recv_json().await?;
    Ok(())
}

fn main() {
    App::new().routes(routes![chat]);
}
