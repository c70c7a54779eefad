use ws_runtime::{Upgrade, routes, websocket};

mod shared {
    pub struct Item {
        pub id: u64,
    }
}

#[websocket(shared::Item(id, q))]
async fn item(id: u64, q: Option<i32>, _upgrade: Upgrade) -> ws_runtime::Result {
    println!("{id} {q:?}");
    Ok(())
}

fn main() {
    println!("{}", shared::Item { id: 1 }.id);
    let _ = routes![item];
}
