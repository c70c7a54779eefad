//! Endpoints by name and by path, in both collections and alone; a router under a prefix.

use ws_runtime::{App, Endpoint, Route, Router, WebSocket, routes, websocket};

mod chat {
    use ws_runtime::{WebSocket, websocket};

    #[websocket("/chat")]
    pub async fn join(_ws: WebSocket) {}
}

#[websocket("/items")]
async fn item(_ws: WebSocket) {}

trait Named {
    type Endpoint;
}

struct Generic<A, B>(A, B);

impl<A, B> Named for Generic<A, B> {
    type Endpoint = item;
}

fn main() {
    let routes: Vec<Route> = routes![item, self::chat::join, crate::item,];
    let _ = App::new()
        .routes(routes)
        .routes(routes![])
        .routes([<item as Endpoint>::route()])
        .routes(Some(<chat::join as Endpoint>::route()))
        .route(<item as Endpoint>::route())
        .routes(routes![<Generic<u8, (u8, u8)> as Named>::Endpoint])
        .nest("/api", Router::new().routes(routes![chat::join]));
}
