use ws_runtime::{App, Result, WebSocket, routes, websocket};

struct Answer;

#[websocket("/ask")]
async fn ask(mut ws: WebSocket<String, Answer>) -> Result {
    let _question = ws.recv().await?;
    ws.send(Answer).await?;
    Ok(())
}

fn main() {
    App::new().routes(routes![ask]);
}
