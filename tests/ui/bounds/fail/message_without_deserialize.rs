use ws_runtime::{App, Result, WebSocket, routes, websocket};

struct Question;

#[websocket("/ask")]
async fn ask(mut ws: WebSocket<Question, String>) -> Result {
    let _question = ws.recv().await?;
    ws.send("an answer").await?;
    Ok(())
}

fn main() {
    App::new().routes(routes![ask]);
}
