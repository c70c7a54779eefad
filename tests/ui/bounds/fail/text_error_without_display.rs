#![allow(unused_variables)]

use std::str::FromStr;

use ws_runtime::{WebSocket, routes, websocket};

struct Page;
struct NoPage;

impl FromStr for Page {
    type Err = NoPage;

    fn from_str(_: &str) -> Result<Self, NoPage> {
        Err(NoPage)
    }
}

#[websocket("/items")]
async fn item(#[query] page: Page, _ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
