//! How a type closes with its own errors: `#[on_error]`, `#[derive(CloseError)]`, `or_close`, and foreign errors.

use tracing::Level;
use ws_runtime::{
    App, Close, CloseCode, CloseError, Error, ErrorContext, OnError, OrClose, Result, SocketError, State,
    WebSocket, close_code, on_error, routes, websocket,
};
use ws_tests::{Logs, Modes, Server, Tell, ear};

/// A code, a reason and a message for each way to declare them.
#[derive(Debug, thiserror::Error, CloseError)]
enum Derived {
    #[error("seat {0} is taken")]
    #[close(1008)]
    Display(u32),
    #[error("password is hunter2")]
    #[close(1011)]
    Internal,
    #[error("disk {disk} is full")]
    #[close(1011, reason = display)]
    Shown { disk: &'static str },
    #[error("internal name")]
    #[close(4004, reason = "gone")]
    Literal,
    #[error(transparent)]
    #[close(transparent)]
    Inner(#[from] Inner),
    #[error(transparent)]
    #[close(transparent)]
    Socket(#[from] SocketError),
}

#[derive(Debug, thiserror::Error, CloseError)]
#[error("inner {code}")]
#[close(4005)]
struct Inner {
    code: u8,
}

#[websocket("/derived/<which>")]
async fn derived(which: String, mut ws: WebSocket) -> Result<(), Derived> {
    match which.as_str() {
        "display" => Err(Derived::Display(7)),
        "internal" => Err(Derived::Internal),
        "shown" => Err(Derived::Shown { disk: "sda" }),
        "literal" => Err(Derived::Literal),
        "inner" => Err(Inner { code: 3 })?,
        _ => loop {
            ws.recv_text().await?;
        },
    }
}

/// A handler with everything that it may know and do.
#[derive(Debug, thiserror::Error)]
#[error("throttled for {0} s")]
struct Throttled(u32);

#[on_error(Throttled)]
async fn throttled(err: Throttled, cx: ErrorContext) -> Close {
    tokio::task::yield_now().await;
    let endpoint = cx.endpoint();
    let tell = cx.state::<Tell>().expect("the app has an ear");
    tell.say(format!("{} {} {}", endpoint.name(), endpoint.path(), endpoint.module_path()));
    tell.say(format!("{}:{}", endpoint.file(), endpoint.line()));
    tell.say(format!("{} {:?}", cx.handshake().raw_path(), cx.phase()));
    tell.show(&cx.state::<u64>());
    tell.show(&cx.send_text("slow down").await.is_ok());
    tell.show(&cx.send_json(&serde_json::json!({ "wait": err.0 })).await.is_ok());
    tell.show(&cx.send(vec![1, 2]).await.is_ok());
    Close::new(CloseCode::POLICY_VIOLATION, err.to_string())
}

/// The place of `room`.
const LINE: u32 = line!() + 3;

#[websocket("/rooms/<room>")]
async fn room(room: u32, mut ws: WebSocket) -> Result<(), Throttled> {
    ws.send_text("welcome").await.expect("the client is there");
    Err(Throttled(room))
}

#[websocket("/box")]
async fn boxed(_ws: WebSocket) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    std::fs::read("/does/not/exist")?;
    Ok(())
}

#[websocket("/or-close/<which>")]
async fn or_close(which: String, _ws: WebSocket) -> Result {
    match which.as_str() {
        "result" => {
            "x".parse::<u8>().or_close(CloseCode::INVALID_FRAME_PAYLOAD_DATA, "not a number")?;
        }
        "option" => {
            None::<u8>.or_close(close_code!(4001), "nothing there")?;
        }
        _ => {
            let both = "5".parse::<u8>().or_close(CloseCode::INTERNAL_ERROR, "never")?;
            let number = Some(both).or_close(CloseCode::INTERNAL_ERROR, String::from("never"))?;
            Err(Close::new(close_code!(4002), format!("got {number}")))?;
        }
    }
    Ok(())
}

/// Implemented by hand, without a macro.
#[derive(Debug, thiserror::Error)]
#[error("by hand")]
struct ByHand;

impl OnError for ByHand {
    async fn on_error(self, cx: ErrorContext) -> Close {
        Close::new(close_code!(4010), format!("{self} in {}", cx.endpoint().name()))
    }
}

#[websocket("/by-hand")]
async fn by_hand(_ws: WebSocket) -> Result<(), ByHand> {
    Err(ByHand)
}

/// A handler that fails itself.
#[derive(Debug, thiserror::Error)]
#[error("first")]
struct Fatal;

#[on_error(Fatal)]
async fn fatal(_err: Fatal, _cx: ErrorContext) -> Close {
    panic!("the handler fell over")
}

#[websocket("/fatal")]
async fn fatally(_ws: WebSocket) -> Result<(), Fatal> {
    Err(Fatal)
}

#[websocket("/panic")]
async fn panicking(#[query] late: bool, mut ws: WebSocket) -> Result<(), SocketError> {
    ws.send_text("before").await?;
    if late {
        tokio::task::yield_now().await;
    }
    panic!("the secret is {}", 6 * 7)
}

#[websocket("/fine")]
async fn fine(tell: State<Tell>, _ws: WebSocket) {
    tell.say("fine");
}

fn app() -> App {
    App::new()
        .routes(routes![derived, room, boxed, or_close, by_hand, fatally, panicking, fine])
        .state(ear().0)
}

/// Returns how an endpoint ends.
async fn end(target: &str) -> (u16, String) {
    let server = Server::start(app()).await;
    let end = server.at(target).end().await;
    (end.code.expect("a code"), end.reason)
}

#[tokio::test]
async fn a_derived_close_has_its_code_and_the_reason_that_was_asked_for() {
    assert_eq!(end("/derived/display").await, (1008, "seat 7 is taken".to_owned()));
    assert_eq!(end("/derived/internal").await, (1011, "internal server error".to_owned()));
    assert_eq!(end("/derived/shown").await, (1011, "disk sda is full".to_owned()));
    assert_eq!(end("/derived/literal").await, (4004, "gone".to_owned()));
}

#[tokio::test]
async fn a_transparent_variant_leaves_it_to_the_inner_error() {
    assert_eq!(end("/derived/inner").await, (4005, "inner 3".to_owned()));
}

#[tokio::test]
async fn a_transparent_socket_error_is_as_quiet_as_a_bare_one() {
    let logs = Logs::capture();
    let server = Server::start(app()).await;
    let client = server.at("/derived/socket").open().await;
    assert_eq!(client.leave(Some((1000, ""))).await.code, Some(1000));
    drop(server);
    logs.assert_quiet();
}

#[tokio::test]
async fn a_handler_sees_the_endpoint_and_may_send_last_messages() {
    let (tell, mut ear) = ear();
    let server = Server::start(App::new().routes(routes![room]).state(tell)).await;
    let end = server.at("/rooms/30").end().await;
    assert_eq!(end.messages[..3], ["welcome", "slow down", r#"{"wait":30}"#]);
    assert!(end.messages[3].starts_with("Binary("), "{end:?}");
    assert_eq!(end.close(), (1008, "throttled for 30 s"));
    assert_eq!(ear.next().await, "room /rooms/<room> wire::on_error");
    assert_eq!(ear.next().await, format!("{}:{LINE}", file!()));
    assert_eq!(ear.next().await, "/rooms/30 AfterAccept");
    assert_eq!(ear.rest(), ["None", "true", "true", "true"]);
}

// An unexpected error.
#[tokio::test]
async fn an_unexpected_error_is_1011_and_keeps_its_text_to_the_log() {
    let logs = Logs::capture();
    assert_eq!(end("/box").await, (1011, "internal server error".to_owned()));
    let text = logs.only(Level::ERROR).text;
    assert!(text.contains("No such file"), "{text}");
    assert!(text.contains("boxed"), "the endpoint is named: {text}");
}

#[tokio::test]
async fn or_close_gives_a_foreign_error_a_close_and_logs_the_original_at_debug() {
    let logs = Logs::capture();
    assert_eq!(end("/or-close/result").await, (1007, "not a number".to_owned()));
    let debug = logs.at(Level::DEBUG);
    assert!(debug.iter().any(|record| record.text.contains("invalid digit found in string")), "{debug:#?}");
    assert_eq!(end("/or-close/option").await, (4001, "nothing there".to_owned()));
    assert_eq!(end("/or-close/neither").await, (4002, "got 5".to_owned()));
}

#[tokio::test]
async fn a_handler_may_be_written_by_hand() {
    assert_eq!(end("/by-hand").await, (4010, "by hand in by_hand".to_owned()));
}

// A panic of the endpoint or a handler.
#[tokio::test]
async fn a_panicking_endpoint_is_1011_logged_once_and_the_server_goes_on() {
    for target in ["/panic?late=false", "/panic?late=true"] {
        let logs = Logs::capture();
        let server = Server::start(app()).await;
        let end = server.at(target).end().await;
        assert_eq!(end.messages, ["before"]);
        assert_eq!(end.close(), (1011, "internal server error"));
        let text = logs.only(Level::ERROR).text;
        assert!(text.contains("the secret is 42") && text.contains("panicking"), "{text}");
        assert_eq!(server.at("/fine").end().await.close(), (1000, ""));
    }
}

#[tokio::test]
async fn a_panicking_handler_is_1011_and_the_server_goes_on() {
    let logs = Logs::capture();
    let server = Server::start(app()).await;
    assert_eq!(server.at("/fatal").end().await.close(), (1011, "internal server error"));
    let text = logs.only(Level::ERROR).text;
    assert!(text.contains("the handler fell over"), "{text}");
    assert_eq!(server.at("/fine").end().await.close(), (1000, ""));
}

#[tokio::test]
async fn a_handler_works_in_both_modes_and_knows_the_phase() {
    async fn guard(_: &ws_runtime::Handshake) -> Result<(), Throttled> {
        Err(Throttled(9))
    }
    let (tell, mut ear) = ear();
    let modes =
        Modes::start(|| App::new().routes(routes![fine]).before_accept(guard).state(tell.clone())).await;
    let rejected = modes.at("/fine").await.rejected();
    // Messages can only be sent under `Rejection::Close`.
    assert_eq!(rejected.close.messages.len(), 3);
    assert_eq!(rejected.close.messages[0], "slow down");
    assert_eq!(rejected.close.close(), (1008, "throttled for 9 s"));
    assert_eq!(rejected.http.status, 403);
    let lines = ear.rest();
    assert_eq!(lines.len(), 14, "{lines:?}");
    assert_eq!(lines[2], "/fine BeforeAccept");
    assert_eq!(lines[4..7], ["true", "true", "true"]);
    assert_eq!(lines[11..], ["false", "false", "false"]);
}

#[test]
fn an_error_is_seen_through_its_box() {
    let error = Error::from(Inner { code: 1 });
    assert!(error.is::<Inner>() && !error.is::<Derived>());
    assert_eq!(error.downcast_ref::<Inner>().map(|inner| inner.code), Some(1));
    assert_eq!(error.to_string(), "inner 1");
    assert!(format!("{error:?}").contains("Inner"));

    let error = Error::from(Derived::Inner(Inner { code: 2 }));
    assert!(error.is::<Inner>(), "a transparent variant steps aside");
    let error = Error::from(Derived::Literal);
    assert!(error.is::<Derived>());

    let boxed: Box<dyn std::error::Error + Send + Sync> = "text".into();
    assert_eq!(Error::from(boxed).to_string(), "text");
    assert!(Error::from(Close::internal_error()).is::<Close>());
}

#[test]
fn a_derived_close_can_be_asked_for_directly() {
    assert_eq!(Derived::Display(1).close(), Close::new(CloseCode::POLICY_VIOLATION, "seat 1 is taken"));
    assert_eq!(Derived::Internal.close(), Close::internal_error());
    assert_eq!(Derived::Inner(Inner { code: 2 }).close(), Close::new(close_code!(4005), "inner 2"));
}
