use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items/<self>")]
async fn item(_ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
