#![allow(unused_variables)]

use std::rc::Rc;

use ws_runtime::{Result, WebSocket, dependency, routes, websocket};

#[dependency]
async fn load(id: u64) -> Result<Rc<u64>> {
    Ok(Rc::new(id))
}

#[websocket("/items/<id>")]
async fn item(#[depends(load)] item: Rc<u64>, _ws: WebSocket) {}

fn main() {
    let _ = routes![item];
}
