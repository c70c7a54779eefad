//! Failures before accept, in both rejection modes.

#![allow(clippy::unused_async, reason = "dependencies are async whether they wait or not")]

use std::{future::poll_fn, task::Poll, time::Duration};

use http::{HeaderValue, StatusCode, header};
use serde_json::json;
use tracing::Level;
use ws_runtime::{
    App, Close, CloseCode, CloseError, ErrorContext, Handshake, Rejection, Router, SocketError, Upgrade,
    WebSocket, close_code, on_error, routes, websocket,
};
use ws_tests::{Frame, Logs, Modes, Opening, Server, ear};

#[derive(Debug, thiserror::Error, CloseError)]
enum AuthError {
    #[error("Session cookie missing")]
    #[close(1008)]
    NoSession,
    #[error("Authentication failed")]
    #[close(1008)]
    Failed,
    #[error("database at 10.0.0.7: {0}")]
    #[close(1011)]
    Backend(#[from] std::io::Error),
    #[error("token expired")]
    #[close(3000, status = 401)]
    Expired,
}

// The session cookie of the example, without it and with it.
async fn session(handshake: &Handshake) -> Result<String, AuthError> {
    handshake.cookie("session").map(str::to_owned).ok_or(AuthError::NoSession)
}

#[websocket("/items/<id>/ws")]
async fn item(id: u32, #[depends(session)] session: String, mut ws: WebSocket) -> Result<(), SocketError> {
    let text = ws.recv_text().await?;
    ws.send_text(format!("Message text was: {text}, for item ID: {id}, by {session}")).await
}

// A wrong token, and a backend that fails.
async fn token(handshake: &Handshake) -> Result<String, AuthError> {
    match handshake.query("token").as_deref() {
        Some("good") => Ok("alice".to_owned()),
        Some("expired") => Err(AuthError::Expired),
        Some("broken") => Err(std::io::Error::other("connection refused"))?,
        _ => Err(AuthError::Failed),
    }
}

#[websocket("/secure")]
async fn secure(#[depends(token)] user: String, mut ws: WebSocket) -> Result<(), SocketError> {
    ws.send_text(format!("hello {user}")).await
}

// An error type with a handler.
#[derive(Debug, thiserror::Error)]
#[error("custom")]
struct Custom;

#[on_error(Custom)]
async fn custom(_err: Custom, _cx: ErrorContext) -> Close {
    Close::new(CloseCode::POLICY_VIOLATION, "Custom exception")
}

async fn fails(_: &Handshake) -> Result<(), Custom> {
    Err(Custom)
}

#[websocket("/custom", before_accept = [fails])]
async fn custom_before(_ws: WebSocket) {}

#[websocket("/custom/after")]
async fn custom_after(_ws: WebSocket) -> Result<(), Custom> {
    Err(Custom)
}

// A status and a header.
async fn unauthorized(_: &Handshake) -> Result<(), Close> {
    Err(Close::new(CloseCode::POLICY_VIOLATION, "who are you?")
        .with_status(StatusCode::UNAUTHORIZED)
        .with_header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
        // These headers are not for the endpoint to set.
        .with_header(header::CONTENT_LENGTH, HeaderValue::from_static("5"))
        .with_header(header::TRANSFER_ENCODING, HeaderValue::from_static("gzip")))
}

#[websocket("/unauthorized", before_accept = [unauthorized])]
async fn with_status(_ws: WebSocket) {}

#[websocket("/unauthorized/after")]
async fn with_status_after_accept(_ws: WebSocket) -> Result<(), Close> {
    Err(Close::new(CloseCode::POLICY_VIOLATION, "who are you?").with_status(StatusCode::UNAUTHORIZED))
}

async fn by_code(handshake: &Handshake) -> Result<(), Close> {
    let code = handshake.query("code").and_then(|code| code.parse::<u16>().ok()).expect("a code");
    Err(Close::new(CloseCode::try_from(code).expect("a code that can be sent"), "as asked"))
}

#[websocket("/code", before_accept = [by_code])]
async fn coded(_ws: WebSocket) {}

async fn panics(_: &Handshake) -> Result<(), Close> {
    panic!("the secret is 42")
}

#[websocket("/panic", before_accept = [panics])]
async fn panicking(_ws: WebSocket) {}

async fn panics_later(_: &Handshake) -> Result<u8, Close> {
    tokio::task::yield_now().await;
    panic!("the secret is 42")
}

#[websocket("/panic/depends")]
async fn panicking_dependency(#[depends(panics_later)] _never: u8, _ws: WebSocket) {}

struct Explosive;

impl std::str::FromStr for Explosive {
    type Err = String;

    fn from_str(_: &str) -> Result<Self, String> {
        panic!("the secret is 42")
    }
}

#[websocket("/panic/parameter")]
async fn panicking_parameter(#[query] _q: Explosive, _ws: WebSocket) {}

#[websocket("/mode/close", before_accept = [fails], rejection = Rejection::Close)]
async fn always_close(_ws: WebSocket) {}

#[websocket("/mode/http", before_accept = [fails], rejection = Rejection::Http)]
async fn always_http(_ws: WebSocket) {}

fn app() -> App {
    App::new()
        .routes(routes![
            item,
            secure,
            custom_before,
            custom_after,
            with_status,
            with_status_after_accept,
            coded,
            panicking
        ])
        .routes(routes![panicking_dependency, panicking_parameter])
        .routes(routes![always_close, always_http])
}

#[tokio::test]
async fn a_missing_session_cookie_is_1008_or_403() {
    let modes = Modes::start(app).await;
    modes.at("/items/5/ws").await.rejected().assert(1008, "Session cookie missing", 403);
}

#[tokio::test]
async fn with_the_cookie_the_endpoint_answers() {
    for mode in [Rejection::Close, Rejection::Http] {
        let server = Server::start(app().rejection(mode)).await;
        let mut client = server.at("/items/5/ws").cookie("session=abc").open().await;
        assert_eq!(client.ask("hi").await, "Message text was: hi, for item ID: 5, by abc");
        assert_eq!(client.end().await.close(), (1000, ""));
    }
}

#[tokio::test]
async fn authentication_fails_with_1008_and_a_broken_backend_with_1011_and_no_detail() {
    let modes = Modes::start(app).await;
    assert_eq!(modes.at("/secure?token=good").await.value(), "hello alice");
    modes.at("/secure?token=bad").await.rejected().assert(1008, "Authentication failed", 403);
    modes.at("/secure").await.rejected().assert(1008, "Authentication failed", 403);
    modes.at("/secure?token=broken").await.rejected().assert(1011, "internal server error", 500);
    modes.at("/secure?token=expired").await.rejected().assert(3000, "token expired", 401);
}

#[tokio::test]
async fn a_handler_of_ones_own_decides_before_accept_as_after() {
    let modes = Modes::start(app).await;
    modes.at("/custom").await.rejected().assert(1008, "Custom exception", 403);
    assert_eq!(modes.at("/custom/after").await.accepted().close(), (1008, "Custom exception"));
}

#[tokio::test]
async fn a_close_may_name_the_http_status_and_headers() {
    let rejected = Modes::start(app).await.at("/unauthorized").await.rejected();
    rejected.assert(1008, "who are you?", 401);
    assert_eq!(rejected.http.headers["www-authenticate"], "Bearer");
    let end = Modes::start(app).await.at("/unauthorized/after").await.accepted();
    assert_eq!(end.close(), (1008, "who are you?"), "after accept there is no status any more");
}

#[tokio::test]
async fn every_code_has_a_status_and_survives_in_the_body() {
    let modes = Modes::start(app).await;
    for (code, status) in [
        (1001, 503),
        (1002, 400),
        (1003, 415),
        (1007, 400),
        (1008, 403),
        (1009, 413),
        (1011, 500),
        (1012, 503),
        (1013, 503),
        (3000, 401),
        (3003, 403),
        (3008, 408),
        (4000, 403),
        (4999, 403),
    ] {
        modes.at(&format!("/code?code={code}")).await.rejected().assert(code, "as asked", status);
    }
}

#[tokio::test]
async fn a_panic_before_accept_is_1011_or_500_without_its_text() {
    let logs = Logs::capture();
    let modes = Modes::start(app).await;
    let targets = ["/panic", "/panic/depends", "/panic/parameter?_q=1"];
    for target in targets {
        modes.at(target).await.rejected().assert(1011, "internal server error", 500);
    }
    let errors = logs.at(Level::ERROR);
    assert_eq!(errors.len(), targets.len() * 2, "once in each mode: {errors:#?}");
    assert!(errors.iter().all(|record| record.text.contains("the secret is 42")), "{errors:#?}");
    modes.at("/custom").await.rejected().assert(1008, "Custom exception", 403);
}

#[tokio::test]
async fn the_close_frame_follows_the_101_at_once() {
    let server = Server::start(app()).await;
    let mut raw = server.raw().await;
    // Bytes of the client in the same segment change nothing.
    raw.open(&Opening::new("/custom").then(Frame::text("hello?").bytes())).await;
    assert_eq!(raw.closed().await, (Some(1008), "Custom exception".to_owned()));
}

#[tokio::test]
async fn a_rejected_client_that_does_not_answer_is_let_go() {
    let server = Server::start(app()).await;
    let mut raw = server.raw_open("/custom").await;
    assert_eq!(raw.frame().await.map(Frame::into_close), Some((Some(1008), "Custom exception".to_owned())));
    raw.finish().await;
    raw.eof().await;
}

#[tokio::test]
async fn the_nearest_mode_counts() {
    let app = App::new()
        .rejection(Rejection::Http)
        .routes(routes![custom_before, always_close])
        .nest("/in", Router::new().rejection(Rejection::Close).routes(routes![custom_before, always_http]));
    let server = Server::start(app).await;
    assert_eq!(server.at("/custom").refused().await.status, 403);
    assert_eq!(server.at("/mode/close").end().await.close(), (1008, "Custom exception"));
    assert_eq!(server.at("/in/custom").end().await.close(), (1008, "Custom exception"));
    let refused = server.at("/in/mode/http").refused().await;
    assert_eq!(refused.json(), json!({ "code": 1008, "reason": "Custom exception" }));
}

#[tokio::test]
async fn a_rejection_by_the_endpoints_rules_is_no_error_in_the_log() {
    let logs = Logs::capture();
    let modes = Modes::start(app).await;
    modes.at("/items/5/ws").await.rejected().assert(1008, "Session cookie missing", 403);
    assert_eq!(modes.at("/items/x/ws").await.detail()["type"], "int_parsing");
    assert!(logs.at(Level::ERROR).is_empty(), "{:#?}", logs.loud());
}

#[tokio::test]
async fn a_broken_backend_is_in_the_log_with_its_detail() {
    let logs = Logs::capture();
    let server = Server::start(app()).await;
    server.at("/secure?token=broken").end().await;
    let text = logs.only(Level::ERROR).text;
    assert!(text.contains("connection refused"), "{text}");
}

#[test]
fn a_status_follows_from_the_code_or_is_set() {
    let close = Close::from(close_code!(4000));
    assert_eq!(close.status(), 403);
    // The client of these tests does not know that 1014 is registered.
    assert_eq!(Close::from(CloseCode::BAD_GATEWAY).status(), 502);
    assert_eq!(close.clone().with_status(StatusCode::CONFLICT).status(), 409);
    for status in [400, 402, 418, 451, 499, 500, 511, 599] {
        assert_eq!(close.clone().with_status(status).status(), status);
    }
}

/// A status that refuses nothing is refused where it is written, and not sent as another one.
#[test]
fn a_status_that_does_not_refuse_is_a_panic_at_its_line() {
    for status in [0, 99, 100, 101, 200, 204, 304, 399, 600, 999, 1000, u16::MAX] {
        let panic =
            std::panic::catch_unwind(|| Close::from(close_code!(4000)).with_status(status)).unwrap_err();
        let text = panic.downcast_ref::<String>().expect("a text");
        assert_eq!(*text, format!("status {status} does not refuse a handshake: use one from 400 to 599"));
    }
    std::panic::catch_unwind(|| Close::from(close_code!(4000)).with_status(StatusCode::NO_CONTENT))
        .unwrap_err();
    std::panic::catch_unwind(|| Close::from(close_code!(4000)).with_body("a\r\nb: c", "")).unwrap_err();
}

async fn own_body(handshake: &Handshake) -> Result<(), Close> {
    let close = Close::new(CloseCode::TRY_AGAIN_LATER, "later").with_retry_after(Duration::from_millis(1500));
    Err(match handshake.query("kind").as_deref() {
        Some("html") => close.with_status(451).with_body("text/html; charset=utf-8", "<h1>é</h1>"),
        Some("empty") => close.with_status(599).with_body("text/plain", Vec::new()),
        Some("twice") => close
            .with_body("text/plain", "first")
            .with_retry_after(Duration::ZERO)
            .with_body(String::from("application/problem+json"), "{}".to_owned()),
        _ => close,
    })
}

#[websocket("/own", before_accept = [own_body])]
async fn own(_ws: WebSocket) {}

#[tokio::test]
async fn a_refusal_has_a_body_of_its_own_and_says_when_to_come_again() {
    let app = || App::new().routes(routes![own]);
    let server = Server::start(app().rejection(Rejection::Http)).await;
    for (kind, status, content_type, body, after) in [
        ("html", 451, "text/html; charset=utf-8", "<h1>é</h1>", "2"),
        ("empty", 599, "text/plain", "", "2"),
        ("twice", 503, "application/problem+json", "{}", "0"),
        ("none", 503, "application/json", r#"{"code":1013,"reason":"later"}"#, "2"),
    ] {
        let refused = server.at(&format!("/own?kind={kind}")).refused().await;
        assert_eq!((refused.status.as_u16(), refused.body.as_str()), (status, body), "{kind}");
        assert_eq!(refused.headers.get_all("content-type").iter().collect::<Vec<_>>(), [content_type]);
        assert_eq!(refused.headers.get_all("retry-after").iter().collect::<Vec<_>>(), [after]);
    }
    // A Close frame has room for neither.
    let server = Server::start(app()).await;
    assert_eq!(server.at("/own?kind=html").end().await.close(), (1013, "later"));
}

/// Accepts, and does not wait for its connection.
#[websocket("/hasty/<fails>")]
async fn hasty(fails: bool, upgrade: Upgrade) -> Result<(), Close> {
    let mut accepting = Box::pin(upgrade.accept());
    let waits = poll_fn(|cx| Poll::Ready(accepting.as_mut().poll(cx).is_pending())).await;
    assert!(waits, "the 101 was not sent yet");
    drop(accepting);
    if fails { Err(Close::new(CloseCode::POLICY_VIOLATION, "after all")) } else { Ok(()) }
}

// An accepted connection cannot be refused any more: handlers are told that it was accepted.
#[tokio::test]
async fn an_endpoint_that_accepts_and_ends_at_once_has_accepted() {
    let (tell, mut ear) = ear();
    let app = || {
        let tell = tell.clone();
        App::new().routes(routes![hasty]).on_error(move |close: Close, cx: ErrorContext| {
            tell.show(&cx.phase());
            async move { close }
        })
    };
    let modes = Modes::start(app).await;
    assert_eq!(modes.at("/hasty/no").await.accepted().close(), (1000, ""));
    assert_eq!(modes.at("/hasty/yes").await.accepted().close(), (1008, "after all"));
    assert_eq!(ear.take(2).await, ["AfterAccept", "AfterAccept"]);
}
