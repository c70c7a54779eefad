#![allow(unused_variables)]

use ws_runtime::{WebSocket, dependency, routes, websocket};

struct Db {
    items: u32,
}

#[dependency]
async fn db(id: u64) -> Db {
    Db { items: "none" }
}

#[dependency]
async fn again(#[depends(db)] db: Db) -> Db {
    db
}

#[websocket("/items/<id>")]
async fn item(#[depends(again)] db: Db, _ws: WebSocket) {
    db.items.len();
}

fn main() {
    let _ = routes![item];
}
