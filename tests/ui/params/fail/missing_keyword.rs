use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items/<type>")]
async fn item(_ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
