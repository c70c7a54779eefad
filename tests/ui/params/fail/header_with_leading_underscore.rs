use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items")]
async fn item(#[header] _user_agent: Option<String>, _ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
