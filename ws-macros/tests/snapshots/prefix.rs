#[websocket("/rooms/<id>", on_error = [full, any])]
async fn room(#[path(ge = 1)] id: u64, #[path] tenant: String, ws: WebSocket) {
    ws.close().await;
}
