use ws_runtime::{WebSocket, dependency, routes, websocket};

#[dependency]
async fn check(id: u64) {
    let _ = id;
}

#[websocket("/items/<id>")]
async fn item(#[depends(check)] _checked: (), _ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
