use std::{fmt, str::FromStr};

use ws_runtime::{WebSocket, routes, websocket};

struct Kind;

impl FromStr for Kind {
    type Err = fmt::Error;

    fn from_str(_: &str) -> Result<Self, fmt::Error> {
        Ok(Self)
    }
}

#[websocket("/items/<kind>")]
async fn item(kind: Kind, _ws: WebSocket) {
    drop(kind);
}

fn main() {
    let _ = routes![item];
    let _ = item::at(Kind);
}
