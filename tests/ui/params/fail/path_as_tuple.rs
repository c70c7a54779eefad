#![allow(unused_variables)]

use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/rooms/<room>/<seat>")]
async fn item((room, seat): (String, u32), _ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
