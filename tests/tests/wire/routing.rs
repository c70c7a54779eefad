//! Which endpoint a path leads to, including through nested routers.

use ws_runtime::{App, Router, SocketError, WebSocket, routes, websocket};
use ws_tests::{Opening, Server};

/// Endpoints that send their name, their pattern and what they read.
macro_rules! named {
    ($($name:ident $path:literal ($($param:ident: $type:ty),*);)*) => {$(
        #[websocket($path)]
        async fn $name($($param: $type,)* mut ws: WebSocket) -> Result<(), SocketError> {
            let values: Vec<String> = vec![$(format!("{:?}", $param)),*];
            let pattern = ws.handshake().endpoint().path().to_owned();
            let name = ws.handshake().endpoint().name().to_owned();
            ws.send_text(format!("{name} {pattern} {}", values.join(" "))).await
        }
    )*};
}

named! {
    root "/" ();
    items "/items" ();
    item "/items/<id>" (id: u32);
    newest "/items/newest" ();
    parts "/items/<id>/parts/<part>" (part: String, id: u32);
    files "/files/<path..>" (path: Vec<String>);
    readme "/files/README" ();
    slashed "/slashed/" ();
    unicode "/caf%C3%A9/<name>" (name: String);
    everything "/<path..>" (path: String);
}

/// Checks what the endpoint at each target sends. The empty text stands for 404.
async fn leads<const N: usize>(app: App, cases: [(&str, &str); N]) {
    let server = Server::start(app).await;
    for (target, expected) in cases {
        if expected.is_empty() {
            assert_eq!(server.request(&Opening::new(target)).await.status, 404, "{target}");
        } else {
            let end = server.at(target).end().await;
            assert_eq!(end.messages, [expected], "{target}: {end:?}");
        }
    }
}

#[tokio::test]
async fn a_path_leads_to_the_most_specific_endpoint() {
    let app = App::new().routes(routes![root, items, item, newest, parts, files, readme, slashed]);
    leads(
        app,
        [
            ("/", "root / "),
            ("/items", "items /items "),
            ("/items?x=/items/5", "items /items "),
            ("/items/5", "item /items/<id> 5"),
            ("/items/newest", "newest /items/newest "),
            ("/items/5/parts/a", r#"parts /items/<id>/parts/<part> "a" 5"#),
            ("/files/a/b", r#"files /files/<path..> ["a", "b"]"#),
            ("/files/README", "readme /files/README "),
            ("/files/README/x", r#"files /files/<path..> ["README", "x"]"#),
            ("/slashed/", "slashed /slashed/ "),
            ("/slashed", ""),
            ("/items/", ""),
            ("/items/5/", ""),
            ("/items/5/parts", ""),
            ("/items/5/parts/a/b", ""),
            ("/item", ""),
            ("/ITEMS", ""),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_rest_at_the_root_takes_what_nobody_else_takes() {
    let app = App::new().routes(routes![everything, items]);
    leads(
        app,
        [
            ("/items", "items /items "),
            ("/items/5", r#"everything /<path..> "items/5""#),
            ("/x", r#"everything /<path..> "x""#),
        ],
    )
    .await;
}

#[tokio::test]
async fn prefixes_of_nested_routers_add_up() {
    let inner = Router::new().routes(routes![items, item]);
    let middle = Router::new().nest("/v1", inner).routes(routes![newest]);
    let app = App::new()
        .nest("/api", middle)
        .nest("/other", Router::new().route(one_route()))
        .routes(routes![items]);
    leads(
        app,
        [
            ("/api/v1/items", "items /api/v1/items "),
            ("/api/v1/items/5", "item /api/v1/items/<id> 5"),
            ("/api/items/newest", "newest /api/items/newest "),
            ("/other/items/7", "item /other/items/<id> 7"),
            ("/items", "items /items "),
            ("/v1/items", ""),
            ("/api", ""),
            ("/api/v1", ""),
        ],
    )
    .await;
}

fn one_route() -> ws_runtime::Route {
    <item as ws_runtime::Endpoint>::route()
}

#[tokio::test]
async fn one_endpoint_may_be_mounted_in_several_places() {
    let router = || Router::new().routes(routes![item]);
    let app = App::new().nest("/a", router()).nest("/b", router());
    leads(app, [("/a/items/1", "item /a/items/<id> 1"), ("/b/items/2", "item /b/items/<id> 2")]).await;
}

mod nested {
    //! Endpoints are named by their paths.

    pub(crate) mod deep {
        use ws_runtime::{WebSocket, websocket};

        #[websocket("/deep")]
        pub(crate) async fn endpoint(mut ws: WebSocket) -> Result<(), ws_runtime::SocketError> {
            let info = ws.handshake().endpoint().clone();
            ws.send_text(format!("{} {}", info.name(), info.module_path())).await
        }
    }
}

#[tokio::test]
async fn endpoints_of_other_modules_are_mounted_by_path() {
    let server = Server::start(App::new().routes(routes![nested::deep::endpoint, items])).await;
    assert_eq!(server.at("/deep").end().await.messages, ["endpoint wire::routing::nested::deep"]);
}

#[tokio::test]
async fn an_app_without_endpoints_is_404_everywhere() {
    leads(App::new().routes(routes![]), [("/", ""), ("/x", "")]).await;
}

/// A static segment is compared in its percent-encoded form, as on the wire.
#[tokio::test]
async fn static_segments_are_compared_as_they_stand_on_the_wire() {
    leads(
        App::new().routes(routes![unicode, items]),
        [("/caf%C3%A9/x", r#"unicode /caf%C3%A9/<name> "x""#), ("/%69tems", "")],
    )
    .await;
}
