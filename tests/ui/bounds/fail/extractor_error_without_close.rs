#![allow(unused_variables)]

use ws_runtime::{FromHandshake, Handshake, WebSocket, routes, websocket};

struct Page;

#[derive(Debug)]
struct PageError;

impl FromHandshake for Page {
    type Error = PageError;

    async fn from_handshake(_: &Handshake) -> Result<Self, PageError> {
        Err(PageError)
    }
}

#[websocket("/items")]
async fn item(page: Page, _ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
