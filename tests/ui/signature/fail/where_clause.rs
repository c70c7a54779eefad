use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items")]
async fn item(_ws: WebSocket)
where
    String: Clone,
{
}

fn main() {
    let _ = routes![item];
}
