use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items/<item>")]
async fn item(item: u64, _ws: WebSocket) {
    let _ = item;
}

#[websocket("/sockets")]
async fn ws(mut ws: WebSocket) {
    let _ = ws.recv().await;
}

fn main() {
    let _ = routes![item, ws];
    // The function can still be called.
    let _ = |socket| item(1, socket);
}
