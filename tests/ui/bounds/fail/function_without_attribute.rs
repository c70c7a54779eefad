use ws_runtime::{WebSocket, routes};

async fn item(_ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
