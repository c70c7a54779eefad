use ws_runtime::{WebSocket, routes, websocket};

mod shared {
    #[allow(non_camel_case_types)]
    pub trait item {}
}

#[websocket(shared::item(id))]
async fn item(id: u64, _ws: WebSocket) {
    println!("{id}");
}

fn main() {
    let _ = routes![item];
}
