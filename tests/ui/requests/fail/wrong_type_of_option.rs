use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/items/<id>")]
async fn item(id: u64, #[query] q: Option<i32>, _ws: WebSocket) {
    println!("{id} {q:?}");
}

fn main() {
    let _ = routes![item];
    let _ = item::at(5).q("one");
}
