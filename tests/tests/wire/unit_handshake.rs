//! Handshakes that are built for unit tests, and the HTTP requests of a `TestClient`.

use std::{collections::HashMap, convert::Infallible, net::SocketAddr};

use axum::{Json, Router, extract::Query, http::HeaderMap, routing};
use http::{Request, StatusCode};
use serde_json::{Value, json};
use ws_runtime::{
    App, Body, Close, CloseCode, Error, FromHandshake, Handshake, Result, State, TestClient, TestError,
    WebSocket, routes, websocket,
};

/// A guard, a dependency and a type, as apps write them.
#[allow(clippy::unused_async, reason = "guards are async")]
async fn admins(handshake: &Handshake) -> Result<(), Close> {
    let admin = handshake.state::<String>().is_some_and(|admin| handshake.cookie("user") == Some(admin));
    if admin { Ok(()) } else { Err(Close::new(CloseCode::POLICY_VIOLATION, "not you")) }
}

struct Item(u32);

impl FromHandshake for Item {
    type Error = Error;

    async fn from_handshake(handshake: &Handshake) -> Result<Self> {
        let id = handshake.path("id").and_then(|id| id.parse().ok());
        Ok(Self(id.ok_or(Close::new(CloseCode::POLICY_VIOLATION, "no item"))?))
    }
}

#[tokio::test]
async fn guards_and_types_are_tested_without_a_connection() {
    let admin =
        Handshake::builder().state("ann".to_owned()).cookie("theme", "dark").cookie("user", "ann").build();
    assert!(admins(&admin).await.is_ok());
    let other = Handshake::builder().state("ann".to_owned()).cookie("user", "bob").build();
    assert_eq!(admins(&other).await.unwrap_err().reason(), "not you");
    assert_eq!(Item::from_handshake(&Handshake::builder().path_param("id", 5).build()).await.unwrap().0, 5);
    assert!(Item::from_handshake(&Handshake::builder().path_param("id", "x").build()).await.is_err());
    assert!(Item::from_handshake(&Handshake::builder().build()).await.is_err());
}

#[tokio::test]
async fn a_built_handshake_is_like_one_that_arrived() {
    let address: SocketAddr = "192.0.2.1:7".parse().unwrap();
    let handshake = Handshake::builder()
        .path_param("tenant", "a/b c")
        .path_param("id", "ü")
        .query("q", "a b&c=ü")
        .query("q", 2)
        .header("X-Token", "t")
        .origin("https://example.com")
        .subprotocols(["v1", "v2"])
        .extension(7_u8)
        .client_addr(address)
        .build();
    assert_eq!(handshake.raw_path(), "/a%2Fb%20c/%C3%BC");
    assert_eq!(handshake.path("tenant").as_deref(), Some("a/b c"));
    assert_eq!(handshake.path("id").as_deref(), Some("ü"));
    assert_eq!(handshake.path("other"), None);
    assert_eq!(handshake.query_all("q").collect::<Vec<_>>(), ["a b&c=ü", "2"]);
    assert_eq!((handshake.header("x-token"), handshake.host()), (Some("t"), Some("localhost")));
    assert_eq!(handshake.origin(), Some("https://example.com"));
    assert_eq!(handshake.subprotocols().collect::<Vec<_>>(), ["v1", "v2"]);
    assert_eq!(handshake.extensions().get::<u8>(), Some(&7));
    assert_eq!(handshake.client_addr(), Some(address));

    let handshake = Handshake::builder()
        .path("/items/5/5/ws?a=b")
        .path_param("id", 5)
        .path_param("version", 5)
        .path_param("more", 6)
        .query("c", "d")
        .header("Host", "example.com")
        .build();
    assert_eq!(handshake.uri().to_string(), "/items/5/5/ws/6?a=b&c=d");
    for (name, value) in [("id", "5"), ("version", "5"), ("more", "6")] {
        assert_eq!(handshake.path(name).as_deref(), Some(value));
    }
    assert_eq!((handshake.query("a").as_deref(), handshake.host()), (Some("b"), Some("example.com")));
    assert_ne!(handshake.connection_id(), Handshake::builder().build().connection_id());
}

#[test]
fn what_is_not_http_is_a_panic() {
    for spoil in [
        || Handshake::builder().path("a b").build(),
        || Handshake::builder().header("x y", "").build(),
        || Handshake::builder().header("x", "a\nb").build(),
    ] {
        std::panic::catch_unwind(spoil).unwrap_err();
    }
}

#[websocket("/ws")]
async fn echo(_state: State<u8>, mut ws: WebSocket) -> Result {
    let text = ws.recv_text().await?;
    ws.send_text(text).await?;
    Ok(())
}

fn client() -> TestClient {
    let pages =
        Router::new().route("/page", routing::get(|| async { ([("x-page", "yes")], "<h1>é</h1>") })).route(
            "/echo",
            routing::any(
                async |method: http::Method,
                       Query(query): Query<HashMap<String, String>>,
                       headers: HeaderMap,
                       body: String| {
                    let cookie = headers.get("cookie").map(|cookie| cookie.to_str().unwrap().to_owned());
                    Json(json!({ "method": method.as_str(), "query": query, "cookie": cookie, "body": body }))
                },
            ),
        );
    TestClient::new(App::new().state(7_u8).routes(routes![echo]).fallback(pages))
}

#[tokio::test]
async fn the_fallback_answers_requests() -> Result<(), Infallible> {
    let client = client();
    let page = client.get("/page").await.unwrap();
    assert_eq!((page.status(), page.header("x-page")), (StatusCode::OK, Some("yes")));
    assert_eq!((page.text().as_str(), page.body().len()), ("<h1>é</h1>", 11));
    let asked = client.get("/echo").query("a", "b c").cookie("session", "x").await.unwrap();
    let expected = json!({ "method": "GET", "query": { "a": "b c" }, "cookie": "session=x", "body": "" });
    assert_eq!(asked.json::<Value>().unwrap(), expected);
    for body in [Body::from("text"), Body::from("text".to_owned()), Body::from(b"text".to_vec())] {
        let request = Request::post("/echo?a=b").body(body).unwrap();
        assert_eq!(client.request(request).await.unwrap().json::<Value>().unwrap()["body"], "text");
    }
    let request = Request::put("/echo").header("cookie", "c").body(()).unwrap();
    let answer: Value = client.request(request).await.unwrap().json().unwrap();
    assert_eq!((&answer["method"], &answer["cookie"]), (&json!("PUT"), &json!("c")));
    assert_eq!(client.get("/nothing").await.unwrap().status, 404);

    // A GET is no handshake, and a handshake is none of the fallback's business.
    let mut ws = client.get("/ws").connect().await.unwrap();
    ws.send_text("hi").await.unwrap();
    assert_eq!(ws.recv_text().await.unwrap(), "hi");
    assert!(
        matches!(client.get("/page").connect().await, Err(TestError::Refused(refused)) if refused.status == 200)
    );
    assert!(matches!(client.get("/a b").await, Err(TestError::Request(_))));
    let alone = TestClient::new(App::new().state(7_u8).routes(routes![echo]));
    assert_eq!(alone.get("/ws").await.unwrap().status, 426, "without a fallback");
    Ok(())
}
