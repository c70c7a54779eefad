use ws_runtime::{routes, websocket};

#[websocket("/items")]
async fn item() {}

fn main() {
    let _ = routes![item];
}
