use ws_runtime::{App, Result, WebSocket, routes, websocket};

#[websocket("/items")]
async fn item(mut ws: WebSocket) -> Result {
    let _q = ws.query("q");
    Ok(())
}

fn main() {
    App::new().routes(routes![item]);
}
