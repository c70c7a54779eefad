use std::rc::Rc;

use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items")]
async fn item(mut ws: WebSocket) {
    let shared = Rc::new(1);
    let _ = ws.recv().await;
    drop(shared);
}

fn main() {
    let _ = routes![item];
}
