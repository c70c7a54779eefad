#![allow(unused_variables)]

use ws_runtime::{Result, WebSocket, dependency, routes, websocket};

struct Db;

#[dependency]
async fn db(id: u64) -> Db {
    Db
}

#[dependency]
async fn name(#[depends(db)] db: Db) -> Result<String> {
    Ok(String::from("db"))
}

#[websocket("/items/<id>")]
async fn item(#[depends(db)] db: Db, #[depends(name)] name: String, _ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
