#![allow(unused_variables)]

use ws_runtime::{routes, websocket};

#[websocket("/items")]
async fn item(q: u32) {}

fn main() {
    let _ = routes![item];
}
