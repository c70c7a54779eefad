#![allow(unused_variables)]

use ws_runtime::{Handshake, WebSocket, dependency, routes, websocket};

#[derive(Clone)]
struct Db;

#[dependency]
fn db(_: &Handshake) -> Db {
    Db
}

#[websocket("/items/<id>")]
async fn item(id: u64, #[depends(db)] db: Db, _ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
