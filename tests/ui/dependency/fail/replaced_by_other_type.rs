#![allow(unused_variables)]

use ws_runtime::{App, Handshake, Result, TestClient, WebSocket, dependency, routes, websocket};

#[dependency]
async fn load(id: u64) -> Result<u64> {
    Ok(id)
}

async fn fake(_: &Handshake) -> Result<String> {
    Ok(String::new())
}

#[websocket("/items/<id>")]
async fn item(#[depends(load)] item: u64, _ws: WebSocket) {}

fn main() {
    let _ = TestClient::new(App::new().routes(routes![item])).replace(load, fake);
}
