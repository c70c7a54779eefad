use ws_runtime::{WebSocket, routes};

struct Item;

async fn echo(_ws: WebSocket) {}

fn main() {
    let _ = routes![Item];
    let _ = echo;
}
