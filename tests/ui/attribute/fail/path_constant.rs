use ws_runtime::{WebSocket, routes, websocket};

const PATH: &str = "/items";

#[websocket(PATH)]
async fn item(_ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
