//! `TestClient`, with which users test their endpoints: it takes the same path as the wire, and the test controls the clock.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};
use tokio::{sync::broadcast, time::Instant};
use ws_runtime::{
    App, ClientAddr, Close, CloseCode, Closed, Error, Handshake, HeaderMap, MessagePack, PeerClose,
    Rejection, Result, SocketError, State, TestClient, TestError, TestSocket, WebSocket, routes,
    test::Refused, websocket,
};
use ws_tests::{assert_elapsed, within};

const HOUR: Duration = Duration::from_hours(1);

#[allow(clippy::unused_async, reason = "a dependency is async even if it has nothing to wait for")]
async fn session(handshake: &Handshake) -> Result<String, Close> {
    let cookie = handshake.cookie("session").map(str::to_owned);
    cookie.ok_or_else(|| Close::new(CloseCode::POLICY_VIOLATION, "Session cookie missing"))
}

#[websocket("/items/<id>/ws", subprotocols = ["v2", "v1"])]
async fn item(
    id: u64,
    #[query] q: Option<i32>,
    #[query] tag: Vec<String>,
    #[depends(session)] session: String,
    mut ws: WebSocket,
) -> Result {
    ws.send_json(&json!({ "id": id, "q": q, "tag": tag, "session": session })).await?;
    loop {
        let text = ws.recv_text().await?;
        ws.send_text(format!("Message text was: {text}, for item ID: {id}")).await?;
    }
}

#[websocket("/who")]
async fn who(ClientAddr(address): ClientAddr, headers: HeaderMap, mut ws: WebSocket) -> Result {
    let token = headers.get("x-token").and_then(|token| token.to_str().ok()).map(str::to_owned);
    ws.send_json(&json!({ "address": address, "token": token, "host": headers["host"].to_str().ok() }))
        .await?;
    Ok(())
}

#[websocket("/echo")]
async fn echo(mut ws: WebSocket) -> Result {
    loop {
        let message = ws.recv().await?;
        ws.send(message).await?;
    }
}

#[websocket("/sum")]
async fn sum(mut ws: WebSocket<Vec<i64>, i64>) -> Result {
    loop {
        let numbers = ws.recv().await?;
        ws.send(numbers.iter().sum::<i64>()).await?;
    }
}

#[websocket("/packed-sum")]
async fn packed_sum(mut ws: WebSocket<Vec<i64>, i64, MessagePack>) -> Result {
    let numbers = ws.recv().await?;
    ws.send(numbers.iter().sum::<i64>()).await?;
    Ok(())
}

#[websocket("/idle", idle_timeout = HOUR)]
async fn idle(mut ws: WebSocket) -> Result {
    loop {
        ws.recv().await?;
    }
}

#[websocket("/panics")]
async fn panics(_ws: WebSocket) {
    panic!("hunter2");
}

#[websocket("/gateway")]
async fn gateway(mut ws: WebSocket) -> Result<(), Close> {
    // The Close frame follows a message, in the same read.
    let _ = ws.send_text("trying").await;
    Err(Close::new(CloseCode::BAD_GATEWAY, "upstream is gone"))
}

/// Sends without end to every client.
#[websocket("/floods")]
async fn floods(ws: WebSocket) -> Result {
    let (sender, mut receiver) = ws.split();
    let text = "x".repeat(1024);
    let flood = async move { while sender.send_text(&text).await.is_ok() {} };
    tokio::select! {
        () = flood => Ok(()),
        end = receiver.recv() => end.map(drop).map_err(Error::from),
    }
}

/// Reads nothing.
#[websocket("/deaf")]
async fn deaf(ws: WebSocket) {
    ws.closed().await;
}

#[websocket("/room")]
async fn room(room: State<broadcast::Sender<String>>, mut ws: WebSocket) -> Result {
    let mut messages = room.subscribe();
    ws.send_text(format!("{} here", room.receiver_count())).await?;
    loop {
        tokio::select! {
            text = ws.recv_text() => drop(room.send(text?.into())),
            Ok(text) = messages.recv() => ws.send_text(text).await?,
        }
    }
}

/// Counts the clients that have left, and how they left.
#[derive(Clone, Default)]
struct Left(Arc<AtomicUsize>);

#[websocket("/leaves")]
async fn leaves(State(left): State<Left>, mut ws: WebSocket) -> Result {
    if let Err(SocketError::Closed(Closed::Lost)) = ws.recv().await {
        left.0.fetch_add(1, Ordering::SeqCst);
    }
    Ok(())
}

fn app() -> App {
    App::new()
        .routes(routes![item, who, echo, sum, packed_sum, idle, panics, gateway, floods, deaf, room, leaves])
        .state(broadcast::channel::<String>(16).0)
        .state(Left::default())
}

fn client() -> TestClient {
    TestClient::new(app())
}

async fn connect(path: &str) -> TestSocket {
    within("a 101", client().get(path).connect()).await.expect("the handshake is accepted")
}

fn refused<T: std::fmt::Debug>(result: Result<T, TestError>) -> Refused {
    match result {
        Err(TestError::Refused(refused)) => *refused,
        other => panic!("not refused: {other:?}"),
    }
}

/// Returns code and reason.
async fn end<In, Out, C>(ws: &mut TestSocket<In, Out, C>) -> (Option<u16>, String) {
    let closed = ws.closed().await;
    (closed.code(), closed.reason().to_owned())
}

#[tokio::test]
async fn a_handshake_has_a_path_a_query_and_cookies() {
    let client = TestClient::new(app());
    let mut ws = client
        .get("/items/5/ws")
        .query("q", 1)
        .cookie("session", "abc")
        .connect()
        .await
        .expect("the handshake is accepted");
    let greeting: Value = ws.recv_json().await.expect("a greeting");
    assert_eq!(greeting, json!({ "id": 5, "q": 1, "tag": [], "session": "abc" }));
    ws.send_text("hi").await.expect("the connection is open");
    assert_eq!(ws.recv_text().await.expect("an answer"), "Message text was: hi, for item ID: 5");
}

#[tokio::test]
async fn what_a_query_cannot_hold_is_encoded() {
    let mut ws = client()
        .get("/items/5/ws?tag=first")
        .query("tag", "a&b=c d+e%20ü#/")
        .query("tag", "")
        .cookie("theme", "dark")
        .cookie("session", "abc")
        .connect()
        .await
        .expect("the handshake is accepted");
    let greeting: Value = ws.recv_json().await.expect("a greeting");
    assert_eq!(greeting["tag"], json!(["first", "a&b=c d+e%20ü#/", ""]));
    assert_eq!(greeting["session"], "abc");
}

#[tokio::test]
async fn a_handshake_has_headers_and_an_address() {
    let address: SocketAddr = "192.0.2.1:4711".parse().expect("an address");
    let request =
        client().get("/who").client_addr(address).header("x-token", "t").header("host", "example.com");
    let mut ws = request.connect().await.expect("the handshake is accepted");
    let who: Value = ws.recv_json().await.expect("who it is");
    assert_eq!(who, json!({ "address": "192.0.2.1:4711", "token": "t", "host": "example.com" }));
    let who: Value = connect("/who").await.recv_json().await.expect("who it is");
    assert_eq!(who, json!({ "address": "127.0.0.1:50000", "token": null, "host": "localhost" }));
}

#[tokio::test]
async fn a_refusal_by_http_is_an_error_with_status_headers_and_body() {
    assert_eq!(refused(client().get("/nothing").connect().await).status, 404);
    assert_eq!(refused(client().get("/echo").origin("https://evil.example").connect().await).status, 403);
    let old = refused(client().get("/echo").header("sec-websocket-version", "12").connect().await);
    assert_eq!(old.status, 426);
    assert_eq!(old.headers["sec-websocket-version"], "13");

    let http = TestClient::new(app().rejection(Rejection::Http));
    let invalid = refused(http.get("/items/x/ws").query("q", "y").connect().await);
    assert_eq!(invalid.status, 422);
    let body: Value = invalid.json().expect("a body of JSON");
    assert_eq!(body["detail"][0]["loc"], json!(["path", "id"]));
    assert_eq!(body["detail"][1]["loc"], json!(["query", "q"]));

    let error = http.get("/items/5/ws").connect().await.expect_err("there is no cookie");
    assert_eq!(
        error.to_string(),
        r#"refused: 403 Forbidden: {"code":1008,"reason":"Session cookie missing"}"#
    );
}

#[tokio::test]
async fn a_refusal_by_a_close_frame_is_the_first_thing_on_an_open_connection() {
    let mut ws = client().get("/items/5/ws").connect().await.expect("a 101");
    assert_eq!(end(&mut ws).await, (Some(1008), "Session cookie missing".to_owned()));
    let mut invalid = client().get("/items/x/ws").connect().await.expect("a 101");
    let error = invalid.recv().await.expect_err("there is no message");
    let SocketError::Closed(Closed::Peer(Some(PeerClose { code: 1008, reason, .. }))) = error else {
        panic!("{error:?}");
    };
    assert_eq!(reason, r#"[{"type":"int_parsing","loc":["path","id"]}]"#);
}

#[tokio::test]
async fn what_no_request_can_hold_is_an_error() {
    for request in [
        client().get("/a b"),
        client().get("/echo").header("a b", "c"),
        client().get("/echo").cookie("session", "a\nb"),
        client().get("/echo").subprotocols(["a\nb"]),
    ] {
        assert!(matches!(request.connect().await, Err(TestError::Request(_))));
    }
    let request = client().get("/echo").header("sec-websocket-key", "short");
    assert_eq!(refused(request.connect().await).status, 400);
}

#[tokio::test]
async fn the_same_origin_passes() {
    let mut ws = client().get("/echo").origin("http://localhost").connect().await.expect("a 101");
    ws.send_text("hi").await.expect("it is open");
    assert_eq!(ws.recv_text().await.expect("an echo"), "hi");
}

#[tokio::test]
async fn subprotocols_are_offered_and_selected() {
    let request =
        client().get("/items/5/ws").cookie("session", "abc").subprotocols(["v0", "v1"]).subprotocols(["v2"]);
    let ws = request.connect().await.expect("a 101");
    assert_eq!(ws.subprotocol(), Some("v1"));
    assert_eq!(ws.headers()["sec-websocket-protocol"], "v1");
    assert_eq!(connect("/echo").await.subprotocol(), None);
}

/// Sends the headers that browsers send.
#[tokio::test]
async fn a_101_that_a_client_must_fail_is_an_error() {
    let error = client().get("/echo").subprotocols(["v1"]).connect().await.expect_err("none is selected");
    assert!(matches!(error, TestError::Violation("it selects no subprotocol")), "{error:?}");
}

#[tokio::test]
async fn messages_of_each_kind_arrive() {
    let mut ws = connect("/echo").await;
    ws.send_binary([0, 255]).await.expect("it is open");
    assert_eq!(ws.recv_binary().await.expect("an echo"), [0, 255].as_slice());
    ws.send_json(&json!({ "a": 1 })).await.expect("it is open");
    assert_eq!(ws.recv_text().await.expect("an echo"), r#"{"a":1}"#);
    ws.send("text").await.expect("it is open");
    assert!(matches!(ws.recv_binary().await, Err(SocketError::ExpectedBinary)));
    ws.send_binary([1]).await.expect("it is open");
    assert!(matches!(ws.recv_text().await, Err(SocketError::ExpectedText)));
    ws.send_text("{").await.expect("it is open");
    assert!(matches!(ws.recv_json::<Value>().await, Err(SocketError::Invalid(_))));
    let long = "x".repeat(900_000);
    ws.send_text(&long).await.expect("it is open");
    assert_eq!(ws.recv_text().await.expect("an echo"), long);
}

#[tokio::test]
async fn a_typed_socket_mirrors_a_typed_endpoint() {
    let mut ws = connect("/sum").await.typed::<i64, Vec<i64>>();
    ws.send([1, 2, 3]).await.expect("it is open");
    assert_eq!(ws.recv().await.expect("a sum"), 6);
    let mut wrong = ws.typed::<String, &str>();
    wrong.send("text").await.expect("it is open");
    assert_eq!(end(&mut wrong).await, (Some(1007), r#"[{"type":"list_type","loc":["message"]}]"#.to_owned()));

    let mut packed = connect("/packed-sum").await.with_format::<i64, Vec<i64>, MessagePack>();
    packed.send([1, 2]).await.expect("it is open");
    assert_eq!(packed.recv().await.expect("a sum"), 3);
    assert_eq!(end(&mut packed).await, (Some(1000), String::new()));
}

#[tokio::test(start_paused = true)]
async fn an_hour_of_idleness_passes_at_once() {
    let start = Instant::now();
    let mut ws = connect("/idle").await;
    tokio::time::sleep(HOUR / 2).await;
    ws.send_text("still here").await.expect("it is open");
    assert_eq!(ws.closed().await, Closed::Peer(Some(PeerClose::new(1000, "inactivity timeout"))));
    assert_elapsed(start, HOUR + HOUR / 2);
}

#[tokio::test(start_paused = true)]
async fn pings_are_answered_while_the_test_does_something_else() {
    let start = Instant::now();
    // A ping is sent every 20 s, and the pong has 20 s.
    let mut ws = connect("/echo").await;
    tokio::time::sleep(HOUR).await;
    ws.send_text("hi").await.expect("it is open");
    assert_eq!(ws.recv_text().await.expect("an echo"), "hi");
    assert_elapsed(start, HOUR);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_hangs_is_given_up() {
    let mut ws = connect("/echo").await;
    ws.pause();
    tokio::time::sleep(HOUR).await;
    ws.resume();
    assert_eq!(end(&mut ws).await, (Some(1011), "keepalive ping timeout".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_stops_reading_holds_the_server_back() {
    let mut ws = connect("/floods").await;
    ws.recv_text().await.expect("a flood");
    ws.pause();
    // The messages that were read before are still there, and no others.
    let mut read = 0;
    while tokio::time::timeout(Duration::from_secs(1), ws.recv()).await.is_ok() {
        read += 1;
        assert!(read < 10_000, "the flood goes on");
    }
    ws.resume();
    ws.recv_text().await.expect("more of it");
}

#[tokio::test(start_paused = true)]
async fn sending_waits_while_the_server_does_not_read() {
    let mut ws = connect("/deaf").await;
    let flood = async {
        loop {
            ws.send_binary(vec![0; 16 * 1024]).await.expect("it is open");
        }
    };
    let sent = tokio::time::timeout(Duration::from_secs(1), flood).await;
    assert!(sent.is_err(), "the pipe is full");
}

#[tokio::test]
async fn a_ping_is_ponged() {
    let mut ws = connect("/deaf").await;
    ws.ping().await.expect("a pong");
    ws.ping().await.expect("another pong");
    ws.close(CloseCode::NORMAL_CLOSURE).await.expect("it is open");
    ws.closed().await;
    assert!(matches!(ws.ping().await, Err(SocketError::Closed(Closed::Local(_)))));
}

#[tokio::test]
async fn a_panic_is_1011() {
    let mut ws = connect("/panics").await;
    assert_eq!(end(&mut ws).await, (Some(1011), "internal server error".to_owned()));
}

/// A registered code that the protocol library would report as 1002.
#[tokio::test]
async fn a_bad_gateway_is_1014() {
    let mut ws = connect("/gateway").await;
    assert_eq!(end(&mut ws).await, (Some(1014), "upstream is gone".to_owned()));
    assert_eq!(ws.recv_text().await.expect("what came before"), "trying");
}

#[tokio::test]
async fn a_shutdown_is_1001() {
    let client = client();
    let mut ws = client.get("/echo").connect().await.expect("a 101");
    client.service().shut_down().await;
    assert_eq!(ws.closed().await.code(), Some(1001));
    assert_eq!(refused(client.get("/echo").connect().await).status, 503);
}

#[tokio::test]
async fn the_first_close_stands() {
    let mut ws = connect("/echo").await;
    let close = Close::new(CloseCode::GOING_AWAY, "bye");
    ws.close(close.clone()).await.expect("it is open");
    let local = Closed::Local(close);
    let again = ws.close(CloseCode::NORMAL_CLOSURE).await.expect_err("it is closed");
    assert!(matches!(again, SocketError::Closed(closed) if closed == local));
    let sent = ws.send_text("late").await.expect_err("it is closed");
    assert!(matches!(sent, SocketError::Closed(closed) if closed == local));
    assert_eq!(ws.closed().await, local);
    let received = ws.recv().await.expect_err("it is closed");
    assert!(matches!(received, SocketError::Closed(closed) if closed == local));

    let mut closed = connect("/panics").await;
    let peer = closed.closed().await;
    for error in [
        closed.close(CloseCode::NORMAL_CLOSURE).await.expect_err("it is closed"),
        closed.send_text("late").await.expect_err("it is closed"),
        closed.ping().await.expect_err("it is closed"),
    ] {
        assert!(matches!(error, SocketError::Closed(closed) if closed == peer));
    }
}

#[tokio::test]
async fn what_came_before_the_close_can_be_received_after_it() {
    let mut ws = connect("/who").await;
    assert_eq!(ws.closed().await.code(), Some(1000));
    assert_eq!(ws.recv_json::<Value>().await.expect("who it is")["host"], "localhost");
    assert!(matches!(ws.recv().await, Err(SocketError::Closed(Closed::Peer(_)))));
}

#[tokio::test]
async fn clients_of_one_app_share_its_state() {
    let client = client();
    let mut alice = client.get("/room").connect().await.expect("a 101");
    assert_eq!(alice.recv_text().await.expect("a greeting"), "1 here");
    let mut bob = TestClient::new(client.service().clone()).get("/room").connect().await.expect("a 101");
    assert_eq!(bob.recv_text().await.expect("a greeting"), "2 here");
    let mut carol = client.clone().get("/room").connect().await.expect("a 101");
    assert_eq!(carol.recv_text().await.expect("a greeting"), "3 here");
    bob.send_text("hello").await.expect("it is open");
    for member in [&mut alice, &mut bob, &mut carol] {
        assert_eq!(member.recv_text().await.expect("the message"), "hello");
    }
}

#[tokio::test]
async fn a_dropped_socket_vanishes() {
    let left = Left::default();
    let client = TestClient::new(App::new().routes(routes![leaves]).state(left.clone()));
    let ws = client.get("/leaves").connect().await.expect("a 101");
    drop(ws);
    let seen = async {
        while left.0.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
    };
    within("the endpoint to see it", seen).await;
}

#[test]
#[should_panic(expected = "/echo")]
fn a_faulty_app_panics_with_its_report() {
    let _client = TestClient::new(App::new().routes(routes![echo, echo]));
}
