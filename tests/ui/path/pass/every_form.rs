use ws_runtime::{WebSocket, routes, websocket};

#[websocket("/")]
async fn root(_: WebSocket) {}

#[websocket("/items/")]
async fn trailing_slash(_: WebSocket) {}

#[websocket("/items/<id>/parts/<type>")]
async fn keyword(id: u64, r#type: char, _: WebSocket) {
    let _ = (id, r#type);
}

#[websocket("/caf%C3%A9/a:b@c/$(~)")]
async fn encoded(_: WebSocket) {}

#[websocket("/files/<rest..>")]
async fn text(rest: String, _: WebSocket) {
    let _ = rest;
}

#[websocket("/segments/<first>/<rest..>")]
async fn segments(rest: Vec<u8>, first: u8, _: WebSocket) {
    let _ = (first, rest);
}

fn main() {
    let _ = routes![root, trailing_slash, keyword, encoded, text, segments];
}
