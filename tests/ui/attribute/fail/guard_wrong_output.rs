use ws_runtime::{Handshake, WebSocket, routes, websocket};

async fn signed_in(_: &Handshake) -> bool {
    true
}

#[websocket("/items", before_accept = [signed_in])]
async fn item(_ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
