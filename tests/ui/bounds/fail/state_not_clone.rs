#![allow(unused_variables)]

use ws_runtime::{App, State, WebSocket, routes, websocket};

struct Db;

#[websocket("/items")]
async fn item(State(db): State<Db>, _ws: WebSocket) {}

fn main() {
    let _ = App::new().state(Db).routes(routes![item]);
}
