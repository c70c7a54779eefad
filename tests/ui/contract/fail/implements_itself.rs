use ws_runtime::{WebSocket, routes, websocket};

#[websocket(item(id))]
async fn item(id: u64, _ws: WebSocket) {
    println!("{id}");
}

fn main() {
    let _ = routes![item];
}
