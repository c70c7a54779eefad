use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items/<id>")]
async fn item(id: u64, #[query] _name: String, _ws: WebSocket) { drop(id) }

fn main() {
    let _ = routes![item];
    let _ = item::at(5);
}
