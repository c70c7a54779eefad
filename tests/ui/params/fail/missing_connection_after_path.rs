#![allow(unused_variables)]

use ws_runtime::{routes, websocket};

#[websocket("/items/<id>")]
async fn item(id: u64) {}

fn main() {
    let _ = routes![item];
}
