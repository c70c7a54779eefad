#![deny(unused)]

use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items/<id>")]
async fn item(
    /// Which item.
    #[allow(unused_variables)]
    id: u64,
    #[expect(unused_variables)]
    #[query]
    /// Which page.
    page: Option<u32>,
    #[allow(unused_mut)] mut _ws: WebSocket,
) {
}

fn main() {
    let _ = routes![item];
}
