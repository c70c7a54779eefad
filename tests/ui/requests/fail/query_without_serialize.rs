use ws_runtime::{Query, WebSocket, routes, websocket};

#[derive(serde::Deserialize)]
struct Page {
    offset: u64,
}

#[websocket("/items")]
async fn item(page: Query<Page>, _ws: WebSocket) {
    println!("{}", page.offset);
}

fn main() {
    let _ = routes![item];
    let _ = item::at().page(Page { offset: 1 });
}
