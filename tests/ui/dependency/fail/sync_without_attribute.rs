#![allow(unused_variables)]

use ws_runtime::{Handshake, WebSocket, dependency, routes, websocket, Result};

struct Db;

fn db(_: &Handshake) -> Db {
    Db
}

#[dependency]
async fn name(#[depends(db)] db: Db) -> Result<String> {
    Ok(String::from("db"))
}

#[websocket("/items/<id>")]
async fn item(id: u64, #[depends(name)] name: String, _ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
