use ws_runtime::{App, WebSocket, websocket};

#[websocket("/items")]
async fn item(_ws: WebSocket) {}

fn main() {
    let _ = App::new().routes(vec![item]);
}
