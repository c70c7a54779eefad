#![allow(unused_variables)]

use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/users/<userId>")]
async fn item(user_id: u64, _ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
