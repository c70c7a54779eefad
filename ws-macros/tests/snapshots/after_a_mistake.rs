#[websocket("/items/<id>", subprotocolls = ["chat"])]
pub async fn item(#[query] #[cookie] q: u32, ws: WebSocket) -> Result {
    Ok(())
}
