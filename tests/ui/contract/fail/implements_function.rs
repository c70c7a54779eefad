use ws_runtime::{WebSocket, routes, websocket};

mod shared {
    pub async fn item(id: u64) {
        println!("{id}");
    }
}

#[websocket(shared::item(id))]
async fn item(id: u64, _ws: WebSocket) {
    println!("{id}");
}

fn main() {
    let _ = routes![item];
}
