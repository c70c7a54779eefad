use ws_runtime::websocket;

#[websocket("/items")]
struct Item;

fn main() {
    let _ = Item;
}
