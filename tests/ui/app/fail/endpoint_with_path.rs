use ws_runtime::{App, WebSocket, routes, websocket};

#[websocket("/items")]
async fn item(_ws: WebSocket) {}

fn main() {
    let _ = App::new().routes(routes!["/items" => item]);
}
