#[websocket("/echo")]
async fn echo(mut ws: WebSocket) -> Result {
    loop {
        let text = ws.recv_text().await?;
        ws.send_text(text).await?;
    }
}
