#![allow(unused_variables)]

use ws_runtime::{WebSocket, routes, websocket};

struct Session;

#[websocket("/items")]
async fn item(#[depends(Session)] session: Session, _ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
