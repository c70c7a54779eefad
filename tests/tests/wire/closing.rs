//! How an endpoint closes its connection, and what is seen of it on the wire.

use ws_runtime::{
    App, Close, CloseCode, CloseReason, Result, SocketError, WebSocket, close_code, routes, websocket,
};
use ws_tests::{End, Frame, Memory, Opening, Raw, Server};

// 1008 with a reason, after accept.
#[websocket("/error")]
async fn error(mut ws: WebSocket) -> Result {
    ws.recv_text().await?;
    Err(Close::new(CloseCode::POLICY_VIOLATION, "Closing the connection..."))?
}

#[websocket("/unit")]
async fn unit(_ws: WebSocket) {}

#[websocket("/ok")]
async fn ok(_ws: WebSocket) -> Result<(), Close> {
    Ok(())
}

#[websocket("/close")]
async fn close(_ws: WebSocket) -> Close {
    Close::new(close_code!(4001), "returned")
}

#[websocket("/result/<fine>")]
async fn result(fine: bool, _ws: WebSocket) -> Result<Close, Close> {
    if fine { Ok(close_code!(4002).into()) } else { Err(Close::new(close_code!(4003), "an error")) }
}

// A close for each situation, and codes that may not be sent.
#[websocket("/code/<code>/<reason>")]
async fn code(code: u16, reason: String, mut ws: WebSocket) -> Result {
    ws.close(Close::new(CloseCode::try_from(code)?, reason)).await?;
    Ok(())
}

// A reason over 123 bytes.
#[websocket("/long")]
async fn long(#[query] reason: String, _ws: WebSocket) -> Close {
    Close::new(close_code!(4000), reason)
}

// A helper that closes for a situation.
async fn close_for(situation: &str, ws: &mut WebSocket) -> Result<(), SocketError> {
    let close = match situation {
        "done" => Close::from(CloseCode::NORMAL_CLOSURE),
        "shutdown" => Close::new(CloseCode::GOING_AWAY, "server shutting down"),
        "protocol" => Close::new(CloseCode::PROTOCOL_ERROR, "Protocol error"),
        "data" => Close::new(CloseCode::UNSUPPORTED_DATA, "Unsupported data"),
        "policy" => Close::new(CloseCode::POLICY_VIOLATION, "Policy violation"),
        _ => Close::internal_error(),
    };
    ws.close(close).await
}

#[websocket("/situation/<situation>")]
async fn situation(situation: String, mut ws: WebSocket) -> Result<(), SocketError> {
    close_for(&situation, &mut ws).await
}

fn app() -> App {
    App::new().routes(routes![error, unit, ok, close, result, code, long, situation])
}

async fn end(target: &str) -> End {
    Server::start(app()).await.at(target).end().await
}

#[tokio::test]
async fn closes_with_1008_on_error() {
    let server = Server::start(app()).await;
    let mut client = server.at("/error").open().await;
    client.send("hi").await;
    assert_eq!(client.end().await.close(), (1008, "Closing the connection..."));
}

// The endpoint returns.
#[tokio::test]
async fn closes_with_1000_when_the_endpoint_returns() {
    assert_eq!(end("/unit").await.close(), (1000, ""));
    assert_eq!(end("/ok").await.close(), (1000, ""));
}

#[tokio::test]
async fn closes_as_the_returned_close_says() {
    assert_eq!(end("/close").await.close(), (4001, "returned"));
    assert_eq!(end("/result/yes").await.close(), (4002, ""));
    assert_eq!(end("/result/no").await.close(), (4003, "an error"));
}

#[tokio::test]
async fn every_code_that_may_be_sent_is_sent() {
    let server = Server::start(app()).await;
    for code in (1000..=1003).chain(1007..=1014).chain([3000, 3001, 3999, 4000, 4321, 4999]) {
        let mut raw = server.raw_open(&format!("/code/{code}/because")).await;
        assert_eq!(raw.closed().await, (Some(code), "because".to_owned()));
    }
}

#[tokio::test]
async fn a_code_that_may_not_be_sent_is_a_typed_error_and_1011() {
    let server = Server::start(app()).await;
    for code in [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1999, 2000, 2999, 5000, 65535] {
        let error = CloseCode::try_from(code).expect_err("it cannot be sent");
        assert!(error.to_string().contains(&code.to_string()));
        assert_eq!(CloseCode::from_u16(code), None);
        let end = server.at(&format!("/code/{code}/because")).end().await;
        assert_eq!(end.close(), (1011, "internal server error"), "{code}");
    }
}

#[test]
fn every_code_that_may_be_sent_can_be_held() {
    let sendable: Vec<u16> = (0..=u16::MAX).filter(|code| CloseCode::try_from(*code).is_ok()).collect();
    let expected: Vec<u16> = (1000..=1003).chain(1007..=1014).chain(3000..=4999).collect();
    assert_eq!(sendable, expected);
    assert_eq!(u16::from(CloseCode::BAD_GATEWAY), 1014);
    assert_eq!(close_code!(4001).to_string(), "4001");
    assert!(CloseCode::NORMAL_CLOSURE < CloseCode::GOING_AWAY);
}

#[tokio::test]
async fn a_reason_is_cut_at_a_character_boundary() {
    let server = Server::start(app()).await;
    for (reason, encoded, sent) in [
        ("x", "x", 123),
        ("x", "x", 124),
        ("x", "x", 1000),
        ("é", "%C3%A9", 61),
        ("é", "%C3%A9", 62),
        ("🦀", "%F0%9F%A6%80", 30),
        ("🦀", "%F0%9F%A6%80", 31),
    ] {
        let end = server.at(&format!("/long?reason={}", encoded.repeat(sent))).end().await;
        let fitting = sent.min(123 / reason.len());
        assert_eq!(end.close(), (4000, reason.repeat(fitting).as_str()), "{sent} × {reason}");
    }
}

#[test]
fn a_reason_holds_123_bytes() {
    assert_eq!(CloseReason::new("x".repeat(123)).len(), 123);
    assert_eq!(CloseReason::new("x".repeat(124)).len(), 123);
    assert_eq!(&*CloseReason::new(format!("{}é", "x".repeat(122))), "x".repeat(122));
    assert_eq!(&*CloseReason::new(format!("{}é", "x".repeat(121))), format!("{}é", "x".repeat(121)));
    assert_eq!(&*CloseReason::new(""), "");
}

#[test]
fn a_json_reason_is_whole_or_says_that_it_is_not() {
    let code = close_code!(4000);
    assert_eq!(Close::json(code, ["a", "b"]).reason(), r#"["a","b"]"#);
    // 121 characters and two quotes.
    assert_eq!(Close::json(code, "x".repeat(121)).reason().len(), 123);
    assert_eq!(Close::json(code, "x".repeat(122)).reason(), r#"{"truncated":true}"#);
    assert_eq!(Close::json(code, "é".repeat(61)).reason(), r#"{"truncated":true}"#);
    let unserializable = std::collections::HashMap::from([((1, 2), 3)]);
    assert_eq!(Close::json(code, unserializable).reason(), r#"{"truncated":true}"#);
}

#[tokio::test]
async fn each_situation_has_its_code_and_reason() {
    for (situation, close) in [
        ("done", (1000, "")),
        ("shutdown", (1001, "server shutting down")),
        ("protocol", (1002, "Protocol error")),
        ("data", (1003, "Unsupported data")),
        ("policy", (1008, "Policy violation")),
        ("other", (1011, "internal server error")),
    ] {
        assert_eq!(end(&format!("/situation/{situation}")).await.close(), close);
    }
}

#[tokio::test]
async fn the_server_ends_tcp_after_the_closing_handshake() {
    let server = Server::start(app()).await;
    let mut raw = server.raw_open("/unit").await;
    assert_eq!(raw.frame().await.map(Frame::into_close), Some((Some(1000), String::new())));
    // Messages that were in transit when the server closed are read and dropped.
    raw.send(Frame::text("late")).await;
    raw.send(Frame::close(1000, "")).await;
    raw.eof().await;
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_never_answers_the_close_is_let_go() {
    let mut memory = Memory::open(app(), "/unit").await;
    assert_eq!(memory.raw.frame().await.map(Frame::into_close), Some((Some(1000), String::new())));
    let start = tokio::time::Instant::now();
    memory.raw.eof().await;
    assert!(start.elapsed().as_secs() <= 6, "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_connection_outlives_the_future_that_served_it() {
    let service = App::new().routes(routes![error]).into_service();
    let (client, server) = tokio::io::duplex(1024);
    let serving = tokio::spawn(async move { service.serve_connection(server, None).await });
    let mut raw = Raw::over(client);
    raw.open(&Opening::new("/error")).await;
    serving.abort();
    assert!(serving.await.is_err_and(|error| error.is_cancelled()), "it serves the connection to its end");
    raw.send(Frame::text("x")).await;
    assert_eq!(raw.closed().await, (Some(1008), "Closing the connection...".to_owned()));
}
