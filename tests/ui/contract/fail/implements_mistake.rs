use ws_runtime::{WebSocket, routes, websocket};

mod shared {
    #[ws_runtime::contract("items/<id>")]
    pub async fn item(id: u64, ws: ws_runtime::WebSocket);
}

#[websocket(shared::item(id))]
async fn item(id: u64, _ws: WebSocket) {
    println!("{id}");
}

fn main() {
    let _ = routes![item];
}
