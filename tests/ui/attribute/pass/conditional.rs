use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items")]
#[cfg(any())]
async fn item(_: Nothing) {}

#[cfg(all())]
#[websocket("/items")]
async fn item(_: WebSocket) {}

#[websocket("/parts")]
#[cfg_attr(all(), allow(unused_variables))]
async fn part(ws: WebSocket) {}

fn main() {
    let _ = routes![item, part];
}
