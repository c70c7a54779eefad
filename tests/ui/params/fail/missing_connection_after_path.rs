use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items/<id>")]
async fn item(id: u64) {}

fn main() {
    let _ = routes![item];
}
