use ws_runtime::websocket;

struct Item;

#[websocket("/items")]
impl Item {}

fn main() {
    let _ = Item;
}
