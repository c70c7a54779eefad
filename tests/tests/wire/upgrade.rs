//! Endpoints that take an `Upgrade` and accept it themselves.

use std::sync::Arc;

use http::{HeaderName, HeaderValue, header};
use tokio::sync::Notify;
use tracing::Level;
use ws_runtime::{
    App, Close, CloseCode, ErrorContext, NeverAccepted, Result, SocketError, State, Upgrade, close_code,
    routes, websocket,
};
use ws_tests::{Logs, Modes, Opening, Server, Tell, ear, settle};

#[websocket("/accepts")]
async fn accepts(upgrade: Upgrade) -> Result<(), SocketError> {
    let target = upgrade.handshake().uri().to_string();
    let mut ws = upgrade
        .header(header::SET_COOKIE, HeaderValue::from_static("seen=1"))
        .header(header::SET_COOKIE, HeaderValue::from_static("twice=2"))
        .header(HeaderName::from_static("x-room"), HeaderValue::from_static("lobby"))
        .accept()
        .await?;
    ws.send_text(target).await?;
    let text = ws.recv_text().await?;
    ws.send_text(text).await
}

#[websocket("/spoils")]
async fn spoils(upgrade: Upgrade) -> Result<(), SocketError> {
    let mut ws = upgrade
        .header(header::CONNECTION, HeaderValue::from_static("close"))
        .header(header::UPGRADE, HeaderValue::from_static("h2c"))
        .header(header::SEC_WEBSOCKET_ACCEPT, HeaderValue::from_static("wrong"))
        .header(header::SEC_WEBSOCKET_EXTENSIONS, HeaderValue::from_static("permessage-deflate"))
        .header(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static("chat"))
        .accept()
        .await?;
    ws.send_text("open").await
}

#[websocket("/refuses/<how>")]
async fn refuses(how: String, _upgrade: Upgrade) -> Result<Close> {
    match how.as_str() {
        "error" => Err(Close::new(CloseCode::POLICY_VIOLATION, "not today"))?,
        "close" => Ok(Close::new(close_code!(4000), "no, thank you")),
        _ => panic!("no such way"),
    }
}

#[websocket("/forgets")]
async fn forgets(_upgrade: Upgrade) {}

#[websocket("/drops")]
async fn drops(upgrade: Upgrade) -> Result<(), Close> {
    drop(upgrade);
    tokio::task::yield_now().await;
    Err(Close::new(CloseCode::POLICY_VIOLATION, "dropped"))
}

#[websocket("/late")]
async fn late(upgrade: Upgrade) -> Result<()> {
    let ws = upgrade.accept().await?;
    drop(ws);
    Err(Close::new(close_code!(4001), "after accept"))?
}

fn app() -> App {
    App::new().routes(routes![accepts, spoils, refuses, forgets, drops, late])
}

#[tokio::test]
async fn accept_adds_headers_and_opens_the_connection() {
    let server = Server::start(app()).await;
    let mut client = server.at("/accepts?x=1").open().await;
    let cookies: Vec<_> = client.headers().get_all("set-cookie").iter().collect();
    assert_eq!(cookies, ["seen=1", "twice=2"]);
    assert_eq!(client.headers()["x-room"], "lobby");
    assert_eq!(client.text().await, "/accepts?x=1");
    assert_eq!(client.ask("echo").await, "echo");
    assert_eq!(client.end().await.close(), (1000, ""));
}

#[tokio::test]
async fn the_headers_of_the_handshake_itself_cannot_be_spoilt() {
    let server = Server::start(app()).await;
    let response = server.raw().await.open(&Opening::new("/spoils")).await;
    assert_eq!(response.header("sec-websocket-accept"), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    assert_eq!(response.header("upgrade"), Some("websocket"));
    assert_eq!(response.header("sec-websocket-extensions"), None);
    assert_eq!(response.header("sec-websocket-protocol"), None);
    assert!(response.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("upgrade")));
}

#[tokio::test]
async fn an_error_or_a_close_before_accept_rejects() {
    let modes = Modes::start(app).await;
    modes.at("/refuses/error").await.rejected().assert(1008, "not today", 403);
    modes.at("/refuses/close").await.rejected().assert(4000, "no, thank you", 403);
    modes.at("/drops").await.rejected().assert(1008, "dropped", 403);
}

/// Does something before it accepts that must not be interrupted.
#[websocket("/careful")]
async fn careful(tell: State<Tell>, wake: State<Arc<Notify>>, upgrade: Upgrade) -> Result<(), SocketError> {
    let _dropped = tell.when_dropped("dropped");
    tell.say("started");
    wake.notified().await;
    tell.say("done");
    let accepted = upgrade.accept().await;
    tell.show(&accepted.is_err());
    accepted.map(drop)
}

#[tokio::test]
async fn a_client_that_leaves_before_accept_does_not_drop_the_endpoint() {
    let logs = Logs::capture();
    let (tell, mut ear) = ear();
    let wake = Arc::new(Notify::new());
    let app = App::new().routes(routes![careful]).state(tell).state(Arc::clone(&wake));
    let server = Server::start(app).await;
    let mut raw = server.raw().await;
    raw.write(Opening::new("/careful").bytes()).await;
    assert_eq!(ear.next().await, "started");
    raw.reset();
    // A later client has been served, so the server has had time to notice.
    server.request(&Opening::new("/nowhere")).await;
    settle().await;
    wake.notify_one();
    assert_eq!(ear.next().await, "done");
    assert_eq!(ear.take(2).await, ["true", "dropped"]);
    logs.assert_quiet();
}

#[tokio::test]
async fn an_error_after_accept_closes_in_both_modes() {
    let end = Modes::start(app).await.at("/late").await.accepted();
    assert_eq!(end.close(), (4001, "after accept"));
}

#[tokio::test]
async fn an_endpoint_that_never_accepts_is_at_fault() {
    let logs = Logs::capture();
    let modes = Modes::start(app).await;
    modes.at("/forgets").await.rejected().assert(1011, "internal server error", 500);
    let errors = logs.at(Level::ERROR);
    assert_eq!(errors.len(), 2, "once in each mode: {errors:#?}");
    assert!(errors.iter().all(|record| record.text.contains("forgets")), "{errors:#?}");
}

#[tokio::test]
async fn that_fault_reaches_handlers() {
    let handler = async |_: NeverAccepted, cx: ErrorContext| {
        Close::new(close_code!(4011), format!("{} forgot", cx.endpoint().name()))
    };
    let modes = Modes::start(|| app().on_error(handler)).await;
    modes.at("/forgets").await.rejected().assert(4011, "forgets forgot", 403);
}
