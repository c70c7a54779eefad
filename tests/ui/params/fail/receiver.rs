use ws_runtime::{WebSocket, websocket};

struct Items;

impl Items {
    #[websocket("/items")]
    async fn item(&self, _ws: WebSocket) {}
}

fn main() {
    let _ = Items;
}
