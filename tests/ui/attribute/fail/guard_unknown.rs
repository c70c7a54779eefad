use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items", before_accept = [signed_in])]
async fn item(_ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
