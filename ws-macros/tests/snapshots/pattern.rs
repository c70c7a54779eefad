#[websocket("/users")]
async fn users(#[query(pattern = "^[a-z]+$")] name: String, ws: WebSocket) {}
