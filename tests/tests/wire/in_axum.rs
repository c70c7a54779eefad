//! The same endpoints inside another server: axum, beside ordinary routes and under tower layers.

use std::time::Duration;

use axum::{Router, body::Body, extract::Request, middleware, response::Response, routing};
use http::HeaderValue;
use serde_json::json;
use tower::Service as _;
use tower_http::set_header::SetResponseHeaderLayer;
use ws_runtime::{App, ClientAddr, Rejection, Service, SocketError, WebSocket, routes, websocket};
use ws_tests::{Frame, Logs, Opening, Server};

#[websocket("/echo/<name>")]
async fn echo(name: String, mut ws: WebSocket) -> Result<(), SocketError> {
    loop {
        let text = ws.recv_text().await?;
        ws.send_text(format!("{name}: {text}")).await?;
    }
}

#[websocket("/number")]
async fn number(#[query] n: u8, mut ws: WebSocket) -> Result<(), SocketError> {
    ws.send_text(n.to_string()).await
}

#[websocket("/address")]
async fn address(address: ClientAddr, mut ws: WebSocket) -> Result<(), SocketError> {
    ws.send_text(address.0.to_string()).await
}

fn service() -> Service {
    App::new().routes(routes![echo, number, address]).into_service()
}

async fn serve(router: Router) -> Server {
    let listener = Server::listen().await;
    let addr = listener.local_addr().expect("a listener has an address");
    Server::run(&addr, async move {
        axum::serve(listener, router).await.expect("axum serves");
    })
}

fn beside() -> Router {
    Router::new().route("/", routing::get(|| async { "hello" })).fallback_service(service())
}

#[tokio::test]
async fn endpoints_stand_beside_ordinary_routes() {
    let server = serve(beside()).await;
    let mut raw = server.raw().await;
    let response = raw.request(&Opening::new("/").without("upgrade").without("connection")).await;
    assert_eq!((response.status.as_u16(), response.body.as_str()), (200, "hello"));
    let mut client = server.at("/echo/ann").open().await;
    assert_eq!(client.ask("hi").await, "ann: hi");
    assert_eq!(client.leave(Some((4321, ""))).await.code, Some(4321));
}

#[tokio::test]
async fn refusals_and_rejections_are_those_of_a_server_of_our_own() {
    let server = serve(beside()).await;
    assert_eq!(server.request(&Opening::new("/nowhere")).await.status, 404);
    let response = server.request(&Opening::new("/number").method("POST")).await;
    assert_eq!((response.status.as_u16(), response.header("allow")), (405, Some("GET")));
    let response = server.request(&Opening::new("/number").without("upgrade")).await;
    assert_eq!((response.status.as_u16(), response.header("sec-websocket-version")), (426, Some("13")));
    let response = server.request(&Opening::new("/number").header("origin", "http://evil.example")).await;
    assert_eq!(response.status, 403);

    assert_eq!(server.at("/number?n=3").end().await.messages, ["3"]);
    let end = server.at("/number?n=x").end().await;
    assert_eq!(end.close(), (1008, r#"[{"type":"int_parsing","loc":["query","n"]}]"#));

    let http = App::new().routes(routes![number]).rejection(Rejection::Http).into_service();
    let server = serve(Router::new().fallback_service(http)).await;
    let refused = server.at("/number").refused().await;
    assert_eq!(refused.status, 422);
    assert_eq!(refused.json()["detail"][0]["loc"], json!(["query", "n"]));
}

#[tokio::test]
async fn nesting_strips_the_prefix() {
    let server = serve(Router::new().nest_service("/ws", service())).await;
    let mut client = server.at("/ws/echo/bob").open().await;
    assert_eq!(client.ask("hi").await, "bob: hi");
    assert_eq!(server.request(&Opening::new("/echo/bob")).await.status, 404);
}

#[tokio::test]
async fn one_route_may_be_the_service() {
    let server = serve(Router::new().route_service("/echo/{name}", service())).await;
    let mut client = server.at("/echo/eve").open().await;
    assert_eq!(client.ask("hi").await, "eve: hi");
}

#[tokio::test]
async fn tower_layers_see_the_handshake_and_its_answer() {
    async fn authorize(request: Request, next: middleware::Next) -> Response {
        if request.headers().get("x-key").is_none_or(|key| key != "secret") {
            return Response::builder().status(401).body(Body::from("no key")).expect("a response");
        }
        next.run(request).await
    }

    let router = beside()
        .layer(middleware::from_fn(authorize))
        .layer(SetResponseHeaderLayer::overriding(http::header::SERVER, HeaderValue::from_static("layered")))
        .layer(tower_http::trace::TraceLayer::new_for_http());
    let server = serve(router).await;
    let refused = server.at("/echo/ann").refused().await;
    assert_eq!((refused.status.as_u16(), refused.body.as_str()), (401, "no key"));
    let mut client = server.at("/echo/ann").header("x-key", "secret").open().await;
    assert_eq!(client.headers()["server"], "layered");
    assert_eq!(client.ask("hi").await, "ann: hi");
}

#[tokio::test]
async fn a_timeout_layer_bounds_the_handshake_and_not_the_connection() {
    let service = tower::ServiceBuilder::new()
        .layer(axum::error_handling::HandleErrorLayer::new(async |_: tower::BoxError| {
            http::StatusCode::REQUEST_TIMEOUT
        }))
        .timeout(Duration::from_secs(20))
        .concurrency_limit(1)
        .service(service());
    let server = serve(Router::new().fallback_service(service)).await;
    let mut first = server.at("/echo/1").open().await;
    let mut second = server.at("/echo/2").open().await;
    assert_eq!(first.ask("a").await, "1: a");
    assert_eq!(second.ask("b").await, "2: b");
}

#[tokio::test]
async fn a_layer_may_tell_the_peers_address() {
    let tell_address = middleware::from_fn(async |mut request: Request, next: middleware::Next| {
        request.extensions_mut().insert(ClientAddr(([192, 0, 2, 1], 7).into()));
        next.run(request).await
    });
    let server = serve(beside().layer(tell_address)).await;
    assert_eq!(server.at("/address").end().await.messages, ["192.0.2.1:7"]);
    let server = serve(beside()).await;
    assert_eq!(server.at("/address").end().await.close(), (1011, "internal server error"));
}

#[tokio::test]
async fn frames_in_the_segment_of_the_handshake_are_not_lost() {
    let server = serve(beside()).await;
    let mut raw = server.raw().await;
    raw.open(&Opening::new("/echo/ann").then(Frame::text("early").bytes())).await;
    assert_eq!(raw.text().await, "ann: early");
}

#[tokio::test]
async fn a_client_that_leaves_is_quiet_here_too() {
    let logs = Logs::capture();
    let server = serve(beside()).await;
    let client = server.at("/echo/ann").open().await;
    client.leave(None).await;
    let raw = server.raw_open("/echo/ann").await;
    drop(raw);
    ws_tests::settle().await;
    logs.assert_quiet();
}

#[tokio::test]
async fn a_request_that_cannot_be_upgraded_is_500() {
    // This request was made by hand, and has no upgrade.
    let request = http::Request::builder()
        .uri("/number?n=1")
        .header("host", "localhost")
        .header("connection", "upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
        .header("sec-websocket-version", "13")
        .body(Body::empty())
        .expect("a request");
    let response = service().call(request).await.unwrap_or_else(|never| match never {});
    assert_eq!(response.status(), 500);
}
