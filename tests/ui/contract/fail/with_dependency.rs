use ws_runtime::{Handshake, Result, WebSocket, contract};

async fn session(_: &Handshake) -> Result<String> {
    Ok(String::new())
}

#[contract("/items/<id>")]
pub async fn item(id: u64, #[depends(session)] session: String, ws: WebSocket);

fn main() {
    let _ = session;
}
