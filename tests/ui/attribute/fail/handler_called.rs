#![allow(unused_variables)]

use ws_runtime::{Close, CloseCode, ErrorContext, Error, WebSocket, routes, websocket};

async fn close(_: Error, _: ErrorContext) -> Close {
    CloseCode::POLICY_VIOLATION.into()
}

#[websocket("/items", on_error = close())]
async fn item(_ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
