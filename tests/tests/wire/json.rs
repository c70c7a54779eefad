//! JSON messages: typed ones, invalid ones, and how an endpoint handles the latter.

use serde::{Deserialize, Serialize};
use serde_json::json;
use ws_runtime::{App, Close, CloseCode, ErrorContext, OnError, SocketError, WebSocket, routes, websocket};
use ws_tests::{Client, Server};

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

#[websocket("/typed")]
async fn typed(mut ws: WebSocket<Point>) -> Result<(), SocketError> {
    loop {
        let point = ws.recv().await?;
        ws.send(point).await?;
    }
}

#[websocket("/any-json")]
async fn any_json(mut ws: WebSocket) -> Result<(), SocketError> {
    loop {
        let value: serde_json::Value = ws.recv_json().await?;
        ws.send_json(&value).await?;
    }
}

/// Handles what is wrong, and continues.
#[websocket("/patient")]
async fn patient(mut ws: WebSocket) -> Result<(), SocketError> {
    loop {
        match ws.recv_json::<Point>().await {
            Ok(point) => ws.send_json(&point).await?,
            Err(SocketError::Invalid(_)) => ws.send_text("not a point").await?,
            Err(SocketError::ExpectedText) => ws.send_text("not even text").await?,
            Err(other) => return Err(other),
        }
    }
}

#[websocket("/unserializable")]
async fn unserializable(mut ws: WebSocket) -> Result<(), SocketError> {
    ws.send_json(&std::collections::HashMap::from([((1, 2), 3)])).await
}

// A field is missing, too long, or not a string.
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
            Err(SocketError::Invalid(_)) => Err(MessageError::NotJson)?,
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

fn app() -> App {
    App::new().routes(routes![json_echo, typed, any_json, patient, unserializable, validated])
}

async fn open(target: &str) -> (Server, Client) {
    let server = Server::start(app()).await;
    let client = server.at(target).open().await;
    (server, client)
}

#[tokio::test]
async fn a_typed_receive_takes_its_type() {
    let (_server, mut client) = open("/json").await;
    client.send(r#" { "y": 1.5, "x": -3 } "#).await;
    assert_eq!(client.text().await, r#"{"x":-3,"y":1.5}"#);
}

#[tokio::test]
async fn json_in_a_binary_message_is_1003() {
    let (_server, mut client) = open("/json").await;
    client.send(br#"{"x":1,"y":2}"#.to_vec()).await;
    assert_eq!(client.end().await.close(), (1003, "expected a text message"));
}

// A message is not JSON, contains `NaN`, or is nested too deeply.
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
async fn a_fault_is_told_the_same_by_recv_json_and_by_a_typed_recv() {
    for (text, reason) in [
        ("hi", r#"[{"type":"json_invalid","loc":["message"]}]"#),
        (r#"{"x":1}"#, r#"[{"type":"missing","loc":["message","y"]}]"#),
        (r#"{"x":"1","y":2}"#, r#"[{"type":"int_type","loc":["message","x"]}]"#),
        ("[1,2]", r#"[{"type":"model_type","loc":["message"]}]"#),
    ] {
        for target in ["/json", "/typed"] {
            let (_server, mut client) = open(target).await;
            client.send(text).await;
            assert_eq!(client.end().await.close(), (1007, reason), "{target}: {text}");
        }
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
    assert_eq!(client.end().await.close(), (1011, "internal server error"));
}

// A handler's message is sent before the close.
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
