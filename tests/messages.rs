//! Messages: text, binary and JSON, wrong ones, and waiting for them in company.

use std::{sync::Arc, time::Duration};

use futures_util::{SinkExt as _, StreamExt as _, TryStreamExt as _};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::Notify;
use tokio_tungstenite::tungstenite::Message as ClientMessage;
use ws_runtime::{
    App, Close, CloseCode, ErrorContext, Message, OnError, SocketError, State, WebSocket, routes, websocket,
};
use ws_tests::{Client, Frame, Logs, Memory, Server, Tell, ear, op};

#[websocket("/echo")]
async fn echo(mut ws: WebSocket) -> Result<(), SocketError> {
    loop {
        let message = ws.recv().await?;
        ws.send(message).await?;
    }
}

#[websocket("/text")]
async fn text(mut ws: WebSocket) -> Result<(), SocketError> {
    loop {
        let text = ws.recv_text().await?;
        ws.send_text(text).await?;
    }
}

#[websocket("/binary")]
async fn binary(mut ws: WebSocket) -> Result<(), SocketError> {
    loop {
        let bytes = ws.recv_binary().await?;
        ws.send_binary(bytes).await?;
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Point {
    x: i32,
    y: f64,
}

#[websocket("/json")]
async fn json_echo(mut ws: WebSocket) -> Result<(), SocketError> {
    loop {
        let point: Point = ws.recv_json().await?;
        ws.send_json(&point).await?;
    }
}

#[websocket("/any-json")]
async fn any_json(mut ws: WebSocket) -> Result<(), SocketError> {
    loop {
        let value: serde_json::Value = ws.recv_json().await?;
        ws.send_json(&value).await?;
    }
}

/// Handles what is wrong and goes on.
#[websocket("/patient")]
async fn patient(mut ws: WebSocket) -> Result<(), SocketError> {
    loop {
        match ws.recv_json::<Point>().await {
            Ok(point) => ws.send_json(&point).await?,
            Err(SocketError::Json(_)) => ws.send_text("not a point").await?,
            Err(SocketError::ExpectedText) => ws.send_text("not even text").await?,
            Err(other) => return Err(other),
        }
    }
}

#[websocket("/unserializable")]
async fn unserializable(mut ws: WebSocket) -> Result<(), SocketError> {
    ws.send_json(&std::collections::HashMap::from([((1, 2), 3)])).await
}

#[websocket("/stream")]
async fn stream(ws: WebSocket) -> Result<(), SocketError> {
    let (mut sink, stream) = ws.split_stream();
    let doubled = stream.try_filter_map(async |message| match message {
        Message::Text(text) => Ok(Some(Message::from(format!("{text}{text}")))),
        Message::Binary(_) => Ok(None),
    });
    sink.send_all(&mut std::pin::pin!(doubled)).await
}

/// `StreamExt::split` under another name, as the handle has a `split` of its own.
trait SplitStream: Sized {
    fn split_stream(
        self,
    ) -> (futures_util::stream::SplitSink<Self, Message>, futures_util::stream::SplitStream<Self>);
}

impl SplitStream for WebSocket {
    fn split_stream(
        self,
    ) -> (futures_util::stream::SplitSink<Self, Message>, futures_util::stream::SplitStream<Self>) {
        futures_util::StreamExt::split(self)
    }
}

// Row 20.
#[derive(Debug, thiserror::Error)]
enum MessageError {
    #[error("Message is required and must be a string")]
    NoMessage,
    #[error("Message too long (max 200 characters)")]
    TooLong,
    #[error("Invalid JSON")]
    NotJson,
}

impl OnError for MessageError {
    async fn on_error(self, cx: ErrorContext) -> Close {
        let _ = cx.send_json(&json!({ "error": self.to_string(), "code": 1007 })).await;
        Close::new(CloseCode::INVALID_FRAME_PAYLOAD_DATA, self.to_string())
    }
}

#[websocket("/validated")]
async fn validated(mut ws: WebSocket) -> ws_runtime::Result {
    loop {
        let value: serde_json::Value = match ws.recv_json().await {
            Err(SocketError::Json(_)) => Err(MessageError::NotJson)?,
            other => other?,
        };
        let message =
            value.get("message").and_then(|message| message.as_str()).ok_or(MessageError::NoMessage)?;
        if message.chars().count() > 200 {
            Err(MessageError::TooLong)?;
        }
        ws.send_json(&json!({ "received": message })).await?;
    }
}

// Row 24a.
#[websocket("/select")]
async fn select(tell: State<Tell>, tick: State<Arc<Notify>>, mut ws: WebSocket) -> Result<(), SocketError> {
    loop {
        tokio::select! {
            biased;
            () = tick.notified() => tell.say("tick"),
            text = ws.recv_text() => ws.send_text(text?).await?,
        }
    }
}

#[websocket("/timeout")]
async fn timeout(tell: State<Tell>, mut ws: WebSocket) -> Result<(), SocketError> {
    loop {
        match tokio::time::timeout(Duration::from_secs(1), ws.recv_text()).await {
            Ok(text) => ws.send_text(text?).await?,
            Err(_) => tell.say("timeout"),
        }
    }
}

fn app() -> App {
    App::new()
        .routes(routes![echo, text, binary, json_echo, any_json, patient, unserializable, stream, validated])
        .routes(routes![select, timeout])
        .state(Arc::new(Notify::new()))
        .state(ear().0)
}

async fn open(target: &str) -> (Server, Client) {
    let server = Server::start(app()).await;
    let client = server.at(target).open().await;
    (server, client)
}

#[tokio::test]
async fn text_and_binary_come_back_as_they_went() {
    let (_server, mut client) = open("/echo").await;
    for text in ["", "hi", "Grüße 🦀", &"x".repeat(125), &"x".repeat(126), &"x".repeat(70_000)] {
        assert_eq!(client.ask(text).await, text);
    }
    for len in [0, 1, 125, 126, 65_535, 65_536, 1_000_000] {
        let bytes = vec![0xab; len];
        client.send(bytes.clone()).await;
        assert_eq!(client.next().await, ClientMessage::from(bytes));
    }
}

#[tokio::test]
async fn typed_receives_take_their_type() {
    let (_server, mut client) = open("/text").await;
    assert_eq!(client.ask("hi").await, "hi");
    let (_server, mut client) = open("/binary").await;
    client.send(vec![1, 2, 3]).await;
    assert_eq!(client.next().await, ClientMessage::from(vec![1, 2, 3]));
    let (_server, mut client) = open("/json").await;
    client.send(r#" { "y": 1.5, "x": -3 } "#).await;
    assert_eq!(client.text().await, r#"{"x":-3,"y":1.5}"#);
}

// Row 22.
#[tokio::test]
async fn the_other_type_of_message_is_1003() {
    let logs = Logs::capture();
    for target in ["/text", "/json"] {
        let (_server, mut client) = open(target).await;
        client.send(vec![1]).await;
        assert_eq!(client.end().await.close(), (1003, "expected a text message"), "{target}");
    }
    let (_server, mut client) = open("/binary").await;
    client.send("text").await;
    assert_eq!(client.end().await.close(), (1003, "expected a binary message"));
    assert!(logs.at(tracing::Level::ERROR).is_empty(), "{:#?}", logs.loud());
}

// Row 21.
#[tokio::test]
async fn what_is_not_json_is_1007() {
    let deep = "[".repeat(100_000);
    let balanced = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let invalid =
        ["", "hi", "NaN", "Infinity", "{", "{} {}", "'a'", "{\"a\":1,}", "\u{feff}1", &deep, &balanced];
    for text in invalid {
        let (_server, mut client) = open("/any-json").await;
        client.send(text).await;
        let end = client.end().await;
        assert_eq!(end.code, Some(1007), "{}: {end:?}", text.get(..20).unwrap_or(text));
    }
    for text in ["5", r#"{"x":1}"#, r#"{"x":"1","y":2}"#, r#"{"x":2147483648,"y":1}"#, r#"{"x":1,"y":NaN}"#] {
        let (_server, mut client) = open("/json").await;
        client.send(text).await;
        assert_eq!(client.end().await.code, Some(1007), "{text}");
    }
}

#[tokio::test]
async fn an_endpoint_may_handle_a_wrong_message_and_go_on() {
    let (_server, mut client) = open("/patient").await;
    assert_eq!(client.ask("NaN").await, "not a point");
    client.send(vec![1]).await;
    assert_eq!(client.text().await, "not even text");
    assert_eq!(client.ask(r#"{"x":1,"y":2.0}"#).await, r#"{"x":1,"y":2.0}"#);
}

#[tokio::test]
async fn a_value_of_ours_that_does_not_serialize_is_1011() {
    let (_server, client) = open("/unserializable").await;
    assert_eq!(client.end().await.close(), (1011, "Internal server error"));
}

// Row 20.
#[tokio::test]
async fn a_wrong_message_is_told_as_a_message_before_1007() {
    let long = json!({ "message": "x".repeat(201) }).to_string();
    let required = "Message is required and must be a string";
    for (message, error) in [
        ("{}", required),
        ("5", required),
        (r#"{"message":5}"#, required),
        (&long, "Message too long (max 200 characters)"),
        ("nonsense", "Invalid JSON"),
    ] {
        let (_server, mut client) = open("/validated").await;
        let fine = json!({ "message": "é".repeat(200) });
        client.send(fine.to_string()).await;
        assert_eq!(client.json().await, json!({ "received": fine["message"] }));
        client.send(message).await;
        let end = client.end().await;
        assert_eq!(end.messages, [json!({ "error": error, "code": 1007 }).to_string()]);
        assert_eq!(end.close(), (1007, error));
    }
}

#[tokio::test]
async fn a_connection_is_a_stream_and_a_sink() {
    let logs = Logs::capture();
    let (_server, mut client) = open("/stream").await;
    assert_eq!(client.ask("ab").await, "abab");
    client.send(vec![1]).await;
    assert_eq!(client.ask("c").await, "cc");
    assert_eq!(client.leave(Some((1000, ""))).await.code, Some(1000));
    logs.assert_quiet();
}

#[tokio::test]
async fn a_select_loses_no_message() {
    let (tell, mut ear) = ear();
    let tick = Arc::new(Notify::new());
    let app = App::new().routes(routes![select]).state(tell).state(Arc::clone(&tick));
    let server = Server::start(app).await;
    let mut raw = server.raw_open("/select").await;
    for round in 0..100 {
        let text = format!("message {round}");
        let frame = Frame::text(&text).bytes();
        let (head, tail) = frame.split_at(round % frame.len());
        raw.write(head).await;
        tick.notify_one();
        assert_eq!(ear.next().await, "tick");
        // The tick and the rest of the message come together: the tick wins.
        tick.notify_one();
        raw.write(tail).await;
        assert_eq!(raw.text().await, text);
        assert_eq!(ear.next().await, "tick");
    }
}

#[tokio::test(start_paused = true)]
async fn a_timeout_loses_no_message() {
    let (tell, mut ear) = ear();
    // The paused clock runs ahead of every ping.
    let app = App::new().routes(routes![timeout]).state(tell).ping_interval(None);
    let mut memory = Memory::open(app, "/timeout").await;
    for round in 0..20 {
        let text = format!("message {round}");
        let frame = Frame::text(&text).bytes();
        let (head, tail) = frame.split_at(round % frame.len());
        memory.raw.write(head).await;
        assert_eq!(ear.next().await, "timeout");
        memory.raw.write(tail).await;
        assert_eq!(memory.raw.text().await, text);
    }
}

#[tokio::test]
async fn fragments_are_one_message_with_control_frames_between() {
    let (server, _client) = open("/echo").await;
    let mut raw = server.raw_open("/echo").await;
    raw.send(Frame::text("Gr").unfinished()).await;
    raw.send(Frame::new(op::CONTINUATION, [0xc3]).unfinished()).await;
    raw.send(Frame::new(op::PING, "alive?")).await;
    assert_eq!(raw.frame().await, Some(Frame::new(op::PONG, "alive?").unmasked()));
    raw.send(Frame::new(op::CONTINUATION, [0xbc, b'n']).unfinished()).await;
    raw.send(Frame::new(op::CONTINUATION, [])).await;
    assert_eq!(raw.text().await, "Grün");
}

#[tokio::test]
async fn many_messages_in_flight_keep_their_order() {
    let (_server, client) = open("/echo").await;
    let (mut sink, mut stream) = client.split();
    let sending = tokio::spawn(async move {
        for number in 0..10_000 {
            sink.send(ClientMessage::from(number.to_string())).await.expect("the server reads");
        }
        sink
    });
    for number in 0..10_000 {
        let message =
            ws_tests::within("an echo", stream.next()).await.expect("not the end").expect("no error");
        assert_eq!(message.to_text().expect("text"), number.to_string());
    }
    drop(sending.await.expect("sending works"));
}
