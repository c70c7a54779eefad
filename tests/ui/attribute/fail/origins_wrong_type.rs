use ws_runtime::{Rejection, WebSocket, routes, websocket};

#[websocket("/items", origins = Rejection::Http)]
async fn item(_ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
