//! Panics, no matter where: 1011 or 500, logged once with the endpoint's name, and the server keeps running.

#![allow(clippy::unused_async, reason = "dependencies are async whether they wait or not")]

use std::str::FromStr;

use tracing::Level;
use ws_runtime::{
    App, Close, CloseError, Error, ErrorContext, FromHandshake, Handshake, OnError, Panicked, Rejection,
    SocketError, State, Upgrade, WebSocket, close_code, on_error, routes, websocket,
};
use ws_tests::{Frame, Logs, Opening, Server, Tell, ear, op};

#[websocket("/before-wait")]
async fn before_wait(_ws: WebSocket) -> Result<(), SocketError> {
    panic!("boom in before_wait")
}

#[websocket("/after-message")]
async fn after_message(mut ws: WebSocket) -> Result<(), SocketError> {
    let text = ws.recv_text().await?;
    ws.send_text("queued").await?;
    panic!("boom in after_message: {}", text.len())
}

#[websocket("/upgrade")]
async fn upgrade(_upgrade: Upgrade) -> Result<(), SocketError> {
    panic!("boom in upgrade")
}

async fn bad_guard(_handshake: &Handshake) -> Result<(), Close> {
    panic!("boom in bad_guard")
}

#[websocket("/guard", before_accept = [bad_guard])]
async fn guard(_ws: WebSocket) {}

async fn bad_dependency(_handshake: &Handshake) -> Result<u8, Close> {
    panic!("boom in bad_dependency")
}

#[websocket("/dependency")]
async fn dependency(#[depends(bad_dependency)] _value: u8, _ws: WebSocket) {}

struct BadExtractor;

impl FromHandshake for BadExtractor {
    type Error = Close;

    async fn from_handshake(_handshake: &Handshake) -> Result<Self, Close> {
        panic!("boom in BadExtractor")
    }
}

#[websocket("/extractor")]
async fn extractor(_value: BadExtractor, _ws: WebSocket) {}

struct BadText;

impl FromStr for BadText {
    type Err = std::fmt::Error;

    fn from_str(_text: &str) -> Result<Self, Self::Err> {
        panic!("boom in BadText")
    }
}

#[websocket("/parameter/<value>")]
async fn parameter(value: BadText, _ws: WebSocket) {
    let BadText = value;
}

#[derive(Debug, thiserror::Error)]
#[error("it went wrong")]
struct BadHandler;

#[on_error(BadHandler)]
async fn bad_handler(_error: BadHandler, _cx: ErrorContext) -> Close {
    panic!("boom in bad_handler")
}

async fn fails_badly(_handshake: &Handshake) -> Result<(), BadHandler> {
    Err(BadHandler)
}

#[websocket("/handler")]
async fn handler(mut ws: WebSocket) -> Result<(), Error> {
    ws.recv().await?;
    Err(BadHandler)?
}

#[websocket("/handler-before", before_accept = [fails_badly])]
async fn handler_before(_ws: WebSocket) {}

#[derive(Debug, thiserror::Error)]
#[error("it went wrong")]
struct BadClose;

impl CloseError for BadClose {
    fn close(&self) -> Close {
        panic!("boom in BadClose")
    }
}

async fn closes_badly(_handshake: &Handshake) -> Result<(), BadClose> {
    Err(BadClose)
}

#[websocket("/close", before_accept = [closes_badly])]
async fn close(_ws: WebSocket) {}

#[websocket("/fine")]
async fn fine(mut ws: WebSocket) -> Result<(), SocketError> {
    loop {
        let message = ws.recv().await?;
        ws.send(message).await?;
    }
}

fn app() -> App {
    App::new()
        .routes(routes![before_wait, after_message, upgrade, guard, dependency, extractor, parameter])
        .routes(routes![handler, handler_before, close, fine])
}

fn internal_error() -> (Option<u16>, String) {
    (Some(1011), "internal server error".to_owned())
}

/// Returns the only error in the log, which names the endpoint and has the text of the panic.
fn assert_logged_once(logs: &Logs, endpoint: &str, panic: &str) {
    let record = logs.only(Level::ERROR);
    let name = format!("endpoint=\"{endpoint}\"");
    assert!(record.text.contains(&name), "{endpoint}: {record:?}");
    assert!(record.text.contains(&format!("boom in {panic}")), "{endpoint}: {record:?}");
    assert!(logs.at(Level::WARN).is_empty(), "{:#?}", logs.loud());
}

async fn assert_goes_on(server: &Server) {
    let mut raw = server.raw_open("/fine").await;
    raw.send(Frame::text("fine")).await;
    assert_eq!(raw.text().await, "fine");
    raw.leave().await;
}

/// Where a panic occurs before accept: target, endpoint, and what panics.
const BEFORE_ACCEPT: [(&str, &str, &str); 7] = [
    ("/upgrade", "upgrade", "upgrade"),
    ("/guard", "guard", "bad_guard"),
    ("/dependency", "dependency", "bad_dependency"),
    ("/extractor", "extractor", "BadExtractor"),
    ("/parameter/1", "parameter", "BadText"),
    ("/handler-before", "handler_before", "bad_handler"),
    ("/close", "close", "BadClose"),
];

#[tokio::test]
async fn a_panic_before_accept_is_1011() {
    for (target, endpoint, panic) in BEFORE_ACCEPT {
        let logs = Logs::capture();
        let server = Server::start(app()).await;
        let mut raw = server.raw_open(target).await;
        assert_eq!(raw.closed().await, internal_error(), "{target}");
        assert_logged_once(&logs, endpoint, panic);
        assert_goes_on(&server).await;
    }
}

#[tokio::test]
async fn a_panic_before_accept_is_500_over_http() {
    for (target, endpoint, panic) in BEFORE_ACCEPT {
        let logs = Logs::capture();
        let server = Server::start(app().rejection(Rejection::Http)).await;
        let response = server.request(&Opening::new(target)).await;
        assert_eq!(response.status, 500, "{target}");
        assert_eq!(response.body, r#"{"code":1011,"reason":"internal server error"}"#, "{target}");
        assert_logged_once(&logs, endpoint, panic);
        assert_goes_on(&server).await;
    }
}

#[tokio::test]
async fn a_panic_after_accept_is_1011_in_both_modes() {
    for rejection in [Rejection::Close, Rejection::Http] {
        for (target, endpoint, panic) in [
            ("/before-wait", "before_wait", "before_wait"),
            ("/after-message", "after_message", "after_message: 5"),
            ("/handler", "handler", "bad_handler"),
        ] {
            let logs = Logs::capture();
            let server = Server::start(app().rejection(rejection)).await;
            let mut raw = server.raw_open(target).await;
            raw.send(Frame::text("hello")).await;
            let mut frame = raw.frame().await.expect("a frame, not the end");
            if target == "/after-message" {
                assert_eq!(frame, Frame::text("queued").unmasked(), "what was queued goes out first");
                frame = raw.frame().await.expect("a frame, not the end");
            }
            assert_eq!(frame.into_close(), internal_error(), "{target}");
            raw.send(Frame::close(1011, "")).await;
            raw.eof().await;
            assert_logged_once(&logs, endpoint, panic);
            assert_goes_on(&server).await;
        }
    }
}

#[tokio::test]
async fn a_panic_of_one_connection_is_nothing_to_the_others() {
    let server = Server::start(app()).await;
    let mut open = server.raw_open("/fine").await;
    for _ in 0..20 {
        let mut raw = server.raw_open("/before-wait").await;
        assert_eq!(raw.closed().await, internal_error());
    }
    open.send(Frame::text("fine")).await;
    assert_eq!(open.text().await, "fine");
}

#[tokio::test]
async fn a_handler_for_panics_sees_them_and_chooses_the_close() {
    for rejection in [Rejection::Close, Rejection::Http] {
        for (target, _, panic) in BEFORE_ACCEPT {
            let logs = Logs::capture();
            let (tell, mut ear) = ear();
            let app = app().rejection(rejection).on_error(move |panicked: Panicked, cx: ErrorContext| {
                tell.say(format!("{} {}", cx.endpoint().name(), panicked.message()));
                async { Close::new(close_code!(4000), "sorry") }
            });
            let server = Server::start(app).await;
            if ["bad_handler", "BadClose"].contains(&panic) {
                // The panic of a handler is not handled again.
                continue;
            }
            if rejection == Rejection::Close {
                let mut raw = server.raw_open(target).await;
                assert_eq!(raw.closed().await, (Some(4000), "sorry".to_owned()), "{target}");
            } else {
                let response = server.request(&Opening::new(target)).await;
                assert_eq!(response.body, r#"{"code":4000,"reason":"sorry"}"#, "{target}");
            }
            assert!(ear.next().await.ends_with(&format!(" boom in {panic}")), "{target}");
            assert!(logs.at(Level::ERROR).is_empty(), "it was handled: {:#?}", logs.loud());
        }
    }
}

#[tokio::test]
async fn a_handler_that_panics_before_it_waits_is_caught_too() {
    let logs = Logs::capture();
    // This is not an `async` block, because the call itself panics.
    let app = app()
        .on_error(|_: Panicked, _: ErrorContext| -> std::future::Ready<Close> { panic!("boom in the call") });
    let server = Server::start(app).await;
    let mut raw = server.raw_open("/before-wait").await;
    assert_eq!(raw.closed().await, internal_error());
    assert_logged_once(&logs, "before_wait", "the call");
    assert_goes_on(&server).await;
}

#[tokio::test]
async fn a_task_that_panics_is_its_own_and_the_connection_goes_on() {
    #[websocket("/spawns")]
    async fn spawns(mut ws: WebSocket) -> Result<(), SocketError> {
        let sender = ws.sender();
        let task = tokio::spawn(async move {
            sender.send_text("from the task").await.expect("it is open");
            panic!("boom in a task")
        });
        task.await.expect_err("it panics");
        ws.send_text("after it").await
    }

    let server = Server::start(App::new().routes(routes![spawns])).await;
    let mut raw = server.raw_open("/spawns").await;
    assert_eq!(raw.text().await, "from the task");
    assert_eq!(raw.text().await, "after it");
    assert_eq!(raw.closed().await.0, Some(1000));
}

#[tokio::test]
async fn what_the_endpoint_holds_is_dropped_by_a_panic() {
    #[websocket("/holds")]
    async fn holds(tell: State<Tell>, mut ws: WebSocket) {
        let _dropped = tell.when_dropped("dropped");
        ws.recv().await.expect("a message");
        panic!("boom in holds")
    }

    let (tell, mut ear) = ear();
    let server = Server::start(App::new().routes(routes![holds]).state(tell)).await;
    let mut raw = server.raw_open("/holds").await;
    raw.send(Frame::new(op::BINARY, [])).await;
    assert_eq!(ear.next().await, "dropped");
    assert_eq!(raw.closed().await, internal_error());
}

/// An error whose handling only fails when its text is formatted.
#[derive(Debug)]
struct BadDisplay;

impl std::fmt::Display for BadDisplay {
    fn fmt(&self, _f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        panic!("boom in BadDisplay")
    }
}

impl std::error::Error for BadDisplay {}

impl OnError for BadDisplay {
    async fn on_error(self, _cx: ErrorContext) -> Close {
        close_code!(4000).into()
    }
}

#[tokio::test]
async fn an_error_that_cannot_say_what_it_is_does_not_take_the_connection_with_it() {
    #[websocket("/display")]
    async fn display(_ws: WebSocket) -> Result<(), BadDisplay> {
        Err(BadDisplay)
    }

    for rejection in [Rejection::Close, Rejection::Http] {
        let server = Server::start(app().routes(routes![display]).rejection(rejection)).await;
        let mut raw = server.raw_open("/display").await;
        let code = raw.closed().await.0;
        assert!(matches!(code, Some(1011 | 4000)), "{code:?}");
        assert_goes_on(&server).await;
    }
}
