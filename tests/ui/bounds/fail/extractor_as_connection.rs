#![allow(unused_variables)]

use ws_runtime::{State, routes, websocket};

#[websocket("/items")]
async fn item(db: State<String>) {}

fn main() {
    let _ = routes![item];
}
