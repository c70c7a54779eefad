use ws_runtime::{WebSocket, contract, routes, websocket};

mod shared {
    use super::{WebSocket, contract};

    #[contract("/items/<id>")]
    pub async fn item(id: u64, #[query] q: Option<i32>, ws: WebSocket);
}

#[websocket(shared::item(id))]
async fn item(id: u64, _ws: WebSocket) {
    println!("{id}");
}

fn main() {
    let _ = routes![item];
}
