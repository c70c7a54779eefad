use ws_runtime::{ClientAddr, Handshake, Query, Result, WebSocket, routes, websocket};

#[derive(serde::Deserialize)]
struct Page {
    number: u32,
}

async fn size(_: &Handshake) -> Result<(u32, u32)> {
    Ok((1, 2))
}

#[websocket("/items")]
async fn item(
    Query(Page { number }): Query<Page>,
    ClientAddr(address): ClientAddr,
    #[depends(size)] (width, height): (u32, u32),
    _: Handshake,
    _: WebSocket,
) {
    let _ = (number, address, width, height);
}

fn main() {
    let _ = routes![item];
}
