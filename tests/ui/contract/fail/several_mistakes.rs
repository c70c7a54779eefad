#![allow(unused_variables)]

use ws_runtime::{WebSocket, routes, websocket};

mod shared {
    use super::{WebSocket, websocket};

    #[websocket("/items/<id>")]
    pub async fn item(id: u64, _ws: WebSocket<String>) {}
}

#[websocket(shared::item(q, id))]
async fn item(id: u64, q: Option<i32>, _ws: WebSocket) {
    let id: u32 = id;
}

fn main() {
    let _ = routes![item];
}
