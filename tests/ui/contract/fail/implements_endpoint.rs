use ws_runtime::{WebSocket, routes, websocket};

mod shared {
    use super::{WebSocket, websocket};

    #[websocket("/items/<id>")]
    pub async fn item(id: u64, _ws: WebSocket) {
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
