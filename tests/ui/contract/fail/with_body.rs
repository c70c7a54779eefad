use ws_runtime::{WebSocket, contract};

#[contract("/items/<id>")]
pub async fn item(id: u64, ws: WebSocket) {
    drop((id, ws));
}

fn main() {}
