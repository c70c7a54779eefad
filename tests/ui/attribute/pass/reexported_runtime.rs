use framework::sockets::{WebSocket, routes, websocket};

mod framework {
    pub mod sockets {
        pub use ws_runtime::*;
    }
}

#[websocket("/items/<id>", crate = crate::framework::sockets)]
async fn item(id: u64, _ws: WebSocket) {
    let _ = id;
}

fn main() {
    let _ = routes![item];
}
