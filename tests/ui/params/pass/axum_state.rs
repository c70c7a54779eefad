#![allow(unused_variables)]

use std::sync::Arc;

use ws_runtime::{State, WebSocket, routes, websocket};

#[derive(Clone)]
struct Options {
    greeting: &'static str,
}

struct Db;

#[websocket("/items")]
async fn item(State(db): State<Arc<Db>>, State(Options { greeting }): State<Options>, _ws: WebSocket) {}

#[websocket("/named")]
async fn named(db: State<Arc<Db>>, State(mut options): State<Options>, _ws: WebSocket) {
    let db: &Db = &db;
    options.greeting = "hello";
    drop(options);
}

fn main() {
    let _ = routes![item, named];
}
