//! `App::fallback`, which serves other requests beside the endpoints.

use std::{
    convert::Infallible,
    future::{Ready, ready},
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    response::Html,
    routing::{get, post},
};
use http::{Request, Response};
use http_body_util::BodyExt as _;
use tokio::{sync::Notify, time::Instant};
use tower::{ServiceExt as _, service_fn};
use tracing::Level;
use ws_runtime::{App, Body, ClientAddr, Service, SocketError, WebSocket, routes, websocket};
use ws_tests::{Frame, Logs, Memory, Opening, Server, Tell, assert_elapsed, ear, settle};

const SECOND: Duration = Duration::from_secs(1);

#[websocket("/echo")]
async fn echo(mut ws: WebSocket) -> Result<(), SocketError> {
    loop {
        let text = ws.recv_text().await?;
        ws.send_text(text).await?;
    }
}

fn pages() -> Router {
    Router::new()
        .route("/", get(async || Html("<h1>Echo</h1>")))
        .route("/upper", post(async |text: String| text.to_uppercase()))
        .route("/length", post(async |bytes: axum::body::Bytes| bytes.len().to_string()))
        .layer(DefaultBodyLimit::max(4 << 20))
}

fn app() -> App {
    App::new().routes(routes![echo]).ping_interval(None).fallback(pages())
}

/// A plain request.
fn plain(method: &str, target: &str) -> Opening {
    let opening = Opening::new(target).method(method).without("upgrade").without("connection");
    opening.without("sec-websocket-key").without("sec-websocket-version")
}

#[tokio::test]
async fn a_page_is_served_beside_an_endpoint_on_one_connection() {
    let server = Server::start(app()).await;
    let mut raw = server.raw().await;
    for target in ["/", "/?q=1"] {
        let page = raw.request(&plain("GET", target)).await;
        assert_eq!((page.status.as_u16(), page.body.as_str()), (200, "<h1>Echo</h1>"));
        assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    }
    raw.open(&Opening::new("/echo")).await;
    raw.send(Frame::text("hi")).await;
    assert_eq!(raw.text().await, "hi");
    raw.leave().await;
}

#[tokio::test]
async fn the_body_of_a_request_reaches_the_fallback() {
    let server = Server::start(app()).await;
    let mut raw = server.raw().await;
    let upper = raw.request(&plain("POST", "/upper").header("content-length", "5").then("hello")).await;
    assert_eq!((upper.status.as_u16(), upper.body.as_str()), (200, "HELLO"));
    let chunked = plain("POST", "/upper").header("transfer-encoding", "chunked");
    let upper = raw.request(&chunked.then("2\r\nab\r\n1\r\nc\r\n0\r\n\r\n")).await;
    assert_eq!(upper.body, "ABC");
    let large = plain("POST", "/length").header("content-length", (3 << 20).to_string());
    let length = raw.request(&large.then(vec![b'x'; 3 << 20])).await;
    assert_eq!(length.body, (3 << 20).to_string());
}

#[tokio::test]
async fn what_the_fallback_does_not_know_is_its_own_to_refuse() {
    let server = Server::start(app()).await;
    let mut raw = server.raw().await;
    let head = raw.request(&plain("HEAD", "/missing")).await;
    assert_eq!(head.status, 404);
    let missing = raw.request(&plain("GET", "/missing")).await;
    assert_eq!((missing.status.as_u16(), missing.body.as_str()), (404, ""));
    assert_eq!(raw.request(&plain("DELETE", "/")).await.header("allow"), Some("GET,HEAD"));
    // A handshake for no endpoint is a request like any other.
    assert_eq!(raw.request(&Opening::new("/echo/more")).await.status, 404);
}

#[tokio::test]
async fn a_head_request_has_the_length_and_no_body() {
    let server = Server::start(app()).await;
    let mut raw = server.raw().await;
    raw.write(plain("HEAD", "/").header("connection", "close").bytes()).await;
    let answer = String::from_utf8(raw.rest().await).expect("text");
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("content-length: 13\r\n"), "{answer}");
    assert!(answer.ends_with("\r\n\r\n"), "{answer}");
}

#[tokio::test]
async fn only_what_asks_for_a_websocket_is_for_the_endpoint() {
    let pages = pages().route("/echo", get(async || "page").post(async |text: String| text.to_uppercase()));
    let server = Server::start(App::new().routes(routes![echo]).fallback(pages)).await;
    let mut raw = server.raw().await;
    assert_eq!(raw.request(&plain("GET", "/echo")).await.body, "page");
    let posted = raw.request(&plain("POST", "/echo").header("content-length", "2").then("hi")).await;
    assert_eq!((posted.status.as_u16(), &*posted.body), (200, "HI"));
    assert_eq!(raw.request(&plain("DELETE", "/echo")).await.header("allow"), Some("GET,HEAD,POST"));
    // Another upgrade, and another method that asks for one.
    let h2c = Opening::new("/echo").set("upgrade", "h2c");
    assert_eq!(raw.request(&h2c).await.body, "page");
    assert_eq!(raw.request(&Opening::new("/echo").method("PUT")).await.status, 405);
    raw.open(&Opening::new("/echo")).await;
    raw.send(Frame::text("hi")).await;
    assert_eq!(raw.text().await, "hi");
    // What asks for a WebSocket is never answered with a page, however faulty it is.
    assert_eq!(server.request(&Opening::new("/echo").version("HTTP/1.0")).await.status, 400);
    assert_eq!(server.request(&Opening::new("/echo").without("sec-websocket-key")).await.status, 400);
    assert_eq!(server.request(&Opening::new("/echo").set("sec-websocket-version", "8")).await.status, 426);
    let old = server.request(&plain("GET", "/echo").version("HTTP/1.0")).await;
    assert_eq!(old.body, "page", "a page for an old client");
}

#[tokio::test]
async fn without_a_fallback_the_path_of_an_endpoint_is_its_own() {
    let server = Server::start(App::new().routes(routes![echo])).await;
    assert_eq!(server.request(&plain("GET", "/echo")).await.status, 426);
    assert_eq!(server.request(&plain("POST", "/echo")).await.status, 405);
}

#[tokio::test]
async fn max_connections_does_not_count_pages() {
    let server = Server::start(app().max_connections(1)).await;
    let open = server.raw_open("/echo").await;
    assert_eq!(server.request(&Opening::new("/echo")).await.status, 503);
    let mut raw = server.raw().await;
    assert_eq!(raw.request(&plain("GET", "/")).await.status, 200);
    drop(open);
}

#[tokio::test]
async fn the_request_knows_the_address_of_the_peer() {
    let service = service_fn(async |request: Request<Body>| {
        let address = request.extensions().get::<ClientAddr>().map(|address| address.0.ip().to_string());
        Ok::<_, Infallible>(Response::new(Body::from(address.unwrap_or_default())))
    });
    let server = Server::start(App::new().fallback(service)).await;
    assert_eq!(server.request(&plain("GET", "/")).await.body, "127.0.0.1");
}

/// A service that is ready when it is polled for the second time, and must be polled.
#[derive(Clone, Default)]
struct Reluctant {
    asked: usize,
}

impl tower::Service<Request<Body>> for Reluctant {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.asked += 1;
        cx.waker().wake_by_ref();
        if self.asked < 2 { Poll::Pending } else { Poll::Ready(Ok(())) }
    }

    fn call(&mut self, _request: Request<Body>) -> Self::Future {
        ready(Ok(Response::new(Body::from(self.asked.to_string()))))
    }
}

#[tokio::test]
async fn each_request_waits_until_a_clone_of_the_service_is_ready() {
    let server = Server::start(App::new().fallback(Reluctant::default())).await;
    let mut raw = server.raw().await;
    for _ in 0..2 {
        assert_eq!(raw.request(&plain("GET", "/")).await.body, "2");
    }
}

#[tokio::test]
async fn a_panic_is_500_and_logged_once() {
    async fn boom() {
        panic!("boom with a secret")
    }
    let logs = Logs::capture();
    let server = Server::start(App::new().fallback(Router::new().route("/boom", get(boom)))).await;
    let answer = server.request(&plain("GET", "/boom?q=query")).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (500, "internal server error\n"));
    let record = logs.only(Level::ERROR);
    assert!(record.text.contains("boom with a secret") && !record.text.contains("query"), "{record:?}");
    assert_eq!(server.request(&plain("GET", "/")).await.status, 404);
}

#[tokio::test]
async fn the_service_of_an_app_with_a_fallback_stands_within_another_server() {
    let service = app().into_service();
    let request = Request::post("/upper").body(axum::body::Body::from("inner")).expect("a request");
    let response = service.oneshot(request).await.expect("never an error");
    let body = response.into_body().collect().await.expect("a whole body");
    assert_eq!(body.to_bytes(), "INNER");
}

/// Answers `/` when it is told to.
fn slow(tell: Tell, wake: &Arc<Notify>) -> Service {
    let wake = Arc::clone(wake);
    let service = service_fn(move |_request: Request<Body>| {
        let (tell, wake) = (tell.clone(), Arc::clone(&wake));
        async move {
            tell.say("asked");
            wake.notified().await;
            Ok::<_, Infallible>(Response::new(Body::from("at last")))
        }
    });
    App::new().routes(routes![echo]).shutdown_deadline(3 * SECOND).fallback(service).into_service()
}

fn shut_down(service: &Service) -> tokio::task::JoinHandle<()> {
    let service = service.clone();
    tokio::spawn(async move { service.shut_down().await })
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_completes_what_has_begun_and_refuses_the_rest() {
    let (tell, mut ear) = ear();
    let wake = Arc::new(Notify::new());
    let service = slow(tell, &wake);
    let mut busy = Memory::join(&service, 1024).raw;
    let mut idle = Memory::join(&service, 1024).raw;
    busy.write(plain("GET", "/").bytes()).await;
    assert_eq!(ear.next().await, "asked");
    let old = Opening::new("/echo").set("sec-websocket-version", "8");
    assert_eq!(idle.request(&old).await.status, 426);

    let start = Instant::now();
    let ending = shut_down(&service);
    idle.eof().await;
    let mut late = Memory::join(&service, 1024).raw;
    let refused = late.request(&plain("GET", "/")).await;
    assert_eq!((refused.status.as_u16(), refused.header("connection")), (503, Some("close")));
    settle().await;
    assert!(!ending.is_finished(), "a response is under way");
    wake.notify_one();
    assert_eq!(busy.response().await.body, "at last");
    busy.eof().await;
    ending.await.expect("no panic");
    assert_elapsed(start, Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_response_that_never_comes_does_not_outlast_the_deadline() {
    let (tell, mut ear) = ear();
    let service = slow(tell, &Arc::default());
    let mut busy = Memory::join(&service, 1024).raw;
    busy.write(plain("GET", "/").bytes()).await;
    assert_eq!(ear.next().await, "asked");
    let start = Instant::now();
    shut_down(&service).await.expect("no panic");
    assert_elapsed(start, 3 * SECOND);
}
