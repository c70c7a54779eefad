#![allow(unused_variables)]

use std::{convert::Infallible, fmt, str::FromStr};

use ws_runtime::{WebSocket, routes, websocket};

struct Point;

impl FromStr for Point {
    type Err = Infallible;

    fn from_str(_: &str) -> Result<Self, Infallible> {
        Ok(Self)
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("point")
    }
}

#[websocket("/items")]
async fn item(#[query(ge = Point)] q: Point, _ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
