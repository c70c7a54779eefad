#[websocket("/items/<id>", protocol = ["chat"])]
pub async fn item(#[query] #[cookie] q: u32, ws: WebSocket) -> Result {
    Ok(())
}
