//! Connections with typed messages: what they receive, what they refuse, and how an endpoint handles that.

use std::collections::{HashMap, HashSet};

use futures_util::{SinkExt, StreamExt as _};
use garde::Validate;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use tracing::Level;
use ws_runtime::{
    App, Close, CloseCode, CloseError, Decode, Encode, ErrorContext, InvalidMessage, Json, Message,
    MessagePack, Result, SocketError, Upgrade, Valid, WebSocket, routes, websocket,
};
use ws_tests::{Client, End, Logs, Server};

#[derive(Debug, Serialize, Deserialize)]
struct Chat {
    text: String,
    #[serde(default)]
    seats: Vec<u8>,
    #[serde(default)]
    by: Option<Person>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Person {
    name: String,
    age: Option<i16>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Event {
    Say(Chat),
    Move { x: f64, y: f64 },
    Leave,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Command {
    Say(Chat),
    Leave,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Strict {
    on: bool,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Either {
    Number(u8),
    Strict(Strict),
}

#[derive(Debug, Serialize, Deserialize, Validate)]
struct Order {
    #[garde(length(chars, min = 1, max = 3))]
    name: String,
    #[garde(inner(range(max = 100)))]
    seats: Vec<u32>,
    #[garde(dive)]
    lines: Vec<Line>,
    #[garde(dive)]
    by_key: HashMap<String, Line>,
    #[garde(dive)]
    one: Option<Line>,
}

#[derive(Debug, Serialize, Deserialize, Validate)]
struct Line {
    #[garde(range(min = 1), custom(is_even))]
    count: i32,
}

// The signature that garde requires.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_even(count: &i32, (): &()) -> garde::Result {
    if count % 2 == 0 { Ok(()) } else { Err(garde::Error::new("not even")) }
}

/// Sends back what it receives.
async fn echo<T>(mut ws: WebSocket<T>) -> Result
where
    Json: Decode<T> + Encode<T>,
{
    loop {
        let value = ws.recv().await?;
        ws.send(value).await?;
    }
}

macro_rules! echoes {
    ($($name:ident: $path:literal, $type:ty;)*) => {
        $(
            #[websocket($path)]
            async fn $name(ws: WebSocket<$type>) -> Result {
                echo(ws).await
            }
        )*
    };
}

echoes! {
    chat: "/chat", Chat;
    event: "/event", Event;
    command: "/command", Command;
    strict: "/strict", Strict;
    either: "/either", Either;
    any: "/any", Value;
    prices: "/prices", HashMap<String, f64>;
    by_number: "/by-number", HashMap<u8, bool>;
    pair: "/pair", (u8, char);
    wide: "/wide", (i64, u128);
    order: "/order", Valid<Order>;
}

fn app() -> App {
    App::new()
        .routes(routes![chat, event, command, strict, either, any, prices, by_number, pair, wide, order])
        .routes(routes![packed, packed_any, packed_order, patient, logged, boxed, streams, accepts, tells])
}

async fn open(target: &str) -> (Server, Client) {
    let server = Server::start(app()).await;
    let client = server.at(target).open().await;
    (server, client)
}

/// Returns how a connection ends after a message.
async fn end(target: &str, message: impl Into<tokio_tungstenite::tungstenite::Message>) -> End {
    let (_server, mut client) = open(target).await;
    client.send(message).await;
    client.end().await
}

/// Returns the reason of the 1007 that answers a message.
async fn reason(target: &str, message: &str) -> Value {
    let end = end(target, message).await;
    assert_eq!(end.code, Some(1007), "{message}: {end:?}");
    assert_eq!(end.messages, [""; 0], "{message}");
    serde_json::from_str(&end.reason).expect("the reason is JSON")
}

/// Returns a codec's errors for a message, as `type`, location and `msg`.
fn fault<C, T>(message: impl Into<Message>) -> (String, String, String)
where
    C: Decode<T>,
    T: std::fmt::Debug,
{
    let Err(SocketError::Invalid(error)) = C::decode(message.into()) else { panic!("valid") };
    let [error] = error.errors() else { panic!("one error: {:?}", error.errors()) };
    assert_eq!(error.input, None);
    let place: Vec<String> = error.loc.iter().map(ToString::to_string).collect();
    (error.kind.to_string(), place.join("."), error.msg.clone())
}

#[track_caller]
fn assert_fault<T: DeserializeOwned + std::fmt::Debug>(text: &str, kind: &str, place: &str, msg: &str) {
    let place = ["message", place].join(if place.is_empty() { "" } else { "." });
    let expected = (kind.to_owned(), place, msg.to_owned());
    assert_eq!(fault::<Json, T>(text), expected, "{text}");
}

#[tokio::test]
async fn messages_are_values() {
    let (_server, mut client) = open("/event").await;
    client.send(r#"{"type":"move","x":1,"y":-0.5}"#).await;
    assert_eq!(client.json().await, json!({ "type": "move", "x": 1.0, "y": -0.5 }));
    client.send(r#"{"type":"leave"}"#).await;
    assert_eq!(client.text().await, r#"{"type":"leave"}"#);
}

#[tokio::test]
async fn the_reason_of_1007_is_json_that_names_the_place() {
    for (target, message, expected) in [
        ("/chat", "{}", json!([{ "type": "missing", "loc": ["message", "text"] }])),
        ("/chat", r#"{"text":5}"#, json!([{ "type": "string_type", "loc": ["message", "text"] }])),
        (
            "/chat",
            r#"{"text":"hi","seats":[1,2,300]}"#,
            json!([{ "type": "less_than_equal", "loc": ["message", "seats", 2] }]),
        ),
        ("/chat", "5", json!([{ "type": "model_type", "loc": ["message"] }])),
        ("/chat", "{", json!([{ "type": "json_invalid", "loc": ["message"] }])),
        ("/event", r#"{"type":"say"}"#, json!([{ "type": "missing", "loc": ["message", "text"] }])),
    ] {
        assert_eq!(reason(target, message).await, expected, "{message}");
    }
}

#[tokio::test]
async fn a_place_that_does_not_fit_into_a_reason_is_cut() {
    let long = "k".repeat(200);
    let message = json!({ long.clone(): "no number" }).to_string();
    assert_eq!(reason("/prices", &message).await, json!([{ "type": "float_type", "loc": ["message"] }]));
}

#[test]
fn wrong_types_have_the_words_of_fastapi() {
    let string = "Input should be a valid string";
    assert_fault::<Chat>(r#"{"text":null}"#, "string_type", "text", string);
    assert_fault::<Chat>(r#"{"text":["x"]}"#, "string_type", "text", string);
    let integer = "Input should be a valid integer";
    assert_fault::<Chat>(r#"{"text":"","seats":["1"]}"#, "int_type", "seats.0", integer);
    assert_fault::<Chat>(r#"{"text":"","seats":[1.0]}"#, "int_type", "seats.0", integer);
    assert_fault::<Chat>(r#"{"text":"","seats":5}"#, "list_type", "seats", "Input should be a valid list");
    assert_fault::<Chat>(r#"{"text":"","by":5}"#, "model_type", "by", "Input should be an object");
    assert_fault::<Strict>(r#"{"on":1}"#, "bool_type", "on", "Input should be a valid boolean");
    assert_fault::<HashMap<String, f64>>(
        r#"{"a.b":"1"}"#,
        "float_type",
        "a.b",
        "Input should be a valid number",
    );
    assert_fault::<HashMap<String, f64>>("5", "dict_type", "", "Input should be a valid dictionary");
    assert_fault::<(u8, char)>(r#"[1,"ab"]"#, "value_error", "1", "Input should be a character");
}

#[test]
fn integers_out_of_range_have_bounds() {
    let seats = |seat: &str| format!(r#"{{"text":"","seats":[{seat}]}}"#);
    let most = "Input should be less than or equal to 255";
    assert_fault::<Chat>(&seats("256"), "less_than_equal", "seats.0", most);
    let least = "Input should be greater than or equal to 0";
    assert_fault::<Chat>(&seats("-1"), "greater_than_equal", "seats.0", least);
    let least = "Input should be greater than or equal to -32768";
    assert_fault::<Person>(r#"{"name":"","age":-40000}"#, "greater_than_equal", "age", least);
}

#[test]
fn a_missing_field_is_named_at_its_place() {
    let required = "Field required";
    assert_fault::<Chat>("{}", "missing", "text", required);
    assert_fault::<Chat>(r#"{"text":"","by":{}}"#, "missing", "by.name", required);
    assert_fault::<Vec<Person>>(r#"[{"name":"a"},{}]"#, "missing", "1.name", required);
    assert_fault::<HashMap<String, Person>>(r#"{"a":{}}"#, "missing", "a.name", required);
    assert_fault::<Command>(r#"{"say":{}}"#, "missing", "say.text", required);
    assert_fault::<Event>("{}", "missing", "type", required);
    assert_fault::<Event>(r#"{"type":"move","x":1}"#, "missing", "y", required);
}

#[test]
fn unknown_fields_and_variants_are_told_apart() {
    let extra = "Extra inputs are not permitted";
    assert_fault::<Strict>(r#"{"on":true,"off":1}"#, "extra_forbidden", "off", extra);
    let quoting = r#"{"on":true,"a`, expected `b":1}"#;
    assert_fault::<Strict>(quoting, "extra_forbidden", "a`, expected `b", extra);
    assert_fault::<Vec<Strict>>(r#"[{"off":1}]"#, "extra_forbidden", "0.off", extra);
    let events = "Input should be one of `say`, `move`, `leave`";
    assert_fault::<Event>(r#"{"type":"jump"}"#, "enum", "type", events);
    assert_fault::<Vec<Command>>(r#"["leave","jump"]"#, "enum", "1", "Input should be `say` or `leave`");
}

/// serde reads these values into a buffer first, which loses the location.
#[test]
fn within_tagged_and_untagged_enums_the_place_is_that_of_the_enum() {
    let string = "Input should be a valid string";
    assert_fault::<Event>(r#"{"type":"say","text":5}"#, "string_type", "", string);
    assert_fault::<Vec<Event>>(r#"[{"type":"say","text":5}]"#, "string_type", "0", string);
    assert_fault::<Command>(r#"{"say":{"text":5}}"#, "string_type", "say.text", string);
    let no_variant = "Value error, data did not match any variant of untagged enum Either";
    assert_fault::<Either>(r#""x""#, "value_error", "", no_variant);
}

#[test]
fn json_of_another_shape_is_no_error_of_syntax() {
    // The deserializer reports both as syntax errors.
    let expected = "Input should be a string or an object";
    assert_fault::<Command>("5", "value_error", "", expected);
    assert_fault::<Vec<Command>>("[[]]", "value_error", "0", expected);
}

#[test]
fn what_is_not_json_has_no_place() {
    for text in [
        "",
        "hi",
        "NaN",
        "{\"text\":\"",
        "{\"text\":\"a\"} x",
        "{\"text\":tru}",
        "{\"text\":5 x",
        "\u{feff}{}",
    ] {
        let (kind, place, msg) = fault::<Json, Chat>(text);
        assert_eq!((&*kind, &*place), ("json_invalid", "message"), "{text}: {msg}");
        assert!(msg.starts_with("Invalid JSON: "), "{msg}");
    }
    let (kind, place, _) = fault::<Json, Value>(r#"{"a":[1e999]}"#);
    assert_eq!((&*kind, &*place), ("value_error", "message.a.0"));
}

// Messages that are not JSON, contain `NaN`, or are nested too deeply.
#[tokio::test]
async fn deep_nesting_is_1007() {
    let open = "[".repeat(100_000);
    let balanced = format!("{open}{}", "]".repeat(100_000));
    let objects = r#"{"a":"#.repeat(100_000);
    for text in [&open, &balanced, &objects] {
        assert_eq!(reason("/any", text).await, json!([{ "type": "json_invalid", "loc": ["message"] }]));
    }
    // The value of an unknown field does not nest in memory.
    let (_server, mut client) = self::open("/chat").await;
    client.send(format!(r#"{{"text":"hi","more":{balanced}}}"#)).await;
    assert_eq!(client.json().await["text"], "hi");
}

#[tokio::test]
async fn a_wrong_kind_of_message_is_1003() {
    let text = end("/chat", br#"{"text":"hi"}"#.to_vec()).await;
    assert_eq!(text.close(), (1003, "expected a text message"));
    let binary = end("/packed", "hi").await;
    assert_eq!(binary.close(), (1003, "expected a binary message"));
}

#[websocket("/packed")]
async fn packed(mut ws: WebSocket<Chat, Chat, MessagePack>) -> Result {
    loop {
        let value = ws.recv().await?;
        ws.send(value).await?;
    }
}

#[websocket("/packed-any")]
async fn packed_any(mut ws: WebSocket<Value, Value, MessagePack>) -> Result {
    ws.recv().await?;
    Ok(())
}

#[websocket("/packed-order")]
async fn packed_order(mut ws: WebSocket<Valid<Order>, String, MessagePack>) -> Result {
    ws.recv().await?;
    Ok(())
}

fn pack(value: &impl Serialize) -> Vec<u8> {
    rmp_serde::to_vec_named(value).expect("it serializes")
}

#[tokio::test]
async fn message_pack_travels_in_binary_messages_with_names() {
    let (_server, mut client) = open("/packed").await;
    client.send(pack(&json!({ "seats": [1], "text": "hi" }))).await;
    let answer = client.next().await;
    assert!(answer.is_binary(), "{answer:?}");
    let answer: Value = rmp_serde::from_slice(&answer.into_data()).expect("it is MessagePack");
    assert_eq!(answer, json!({ "text": "hi", "seats": [1], "by": null }));
}

#[tokio::test]
async fn message_pack_that_is_wrong_is_1007() {
    let trailing = [pack(&json!({ "text": "hi" })), vec![0]].concat();
    let nested = vec![0x91; 100_000];
    let malformed = json!([{ "type": "msgpack_invalid", "loc": ["message"] }]);
    for (target, message, expected) in [
        ("/packed", vec![], malformed.clone()),
        ("/packed", vec![0xc1], malformed.clone()),
        ("/packed", pack(&"hi")[..2].to_vec(), malformed.clone()),
        ("/packed", trailing, malformed.clone()),
        ("/packed-any", nested.clone(), malformed.clone()),
        // It announces as many elements as 32 bits can count, and contains none of them.
        ("/packed-any", vec![0xdd, 0xff, 0xff, 0xff, 0xff], malformed.clone()),
        ("/packed-any", vec![0xdb, 0xff, 0xff, 0xff, 0xff], malformed.clone()),
        ("/packed", pack(&json!({})), json!([{ "type": "missing", "loc": ["message", "text"] }])),
        (
            "/packed",
            pack(&json!({ "text": "", "seats": [1, 300] })),
            json!([{ "type": "less_than_equal", "loc": ["message", "seats", 1] }]),
        ),
        (
            "/packed",
            pack(&json!({ "text": 5 })),
            json!([{ "type": "string_type", "loc": ["message", "text"] }]),
        ),
        ("/packed", pack(&json!(true)), json!([{ "type": "model_type", "loc": ["message"] }])),
    ] {
        let end = end(target, message.clone()).await;
        assert_eq!(end.code, Some(1007), "{message:?}: {end:?}");
        assert_eq!(serde_json::from_str::<Value>(&end.reason).expect("JSON"), expected, "{message:?}");
    }
}

fn faulty_order() -> Value {
    json!({
        "name": "12345",
        "seats": [100, 101],
        "lines": [{ "count": 2 }, { "count": -1 }],
        "by_key": { "a.b": { "count": 0 } },
        "one": { "count": 3 },
    })
}

/// Contains each broken rule of [`faulty_order`]. garde does not follow the order of the fields.
fn broken_rules() -> HashSet<Value> {
    HashSet::from([
        json!([["message", "name"], "length is greater than 3"]),
        json!([["message", "seats", 1], "greater than 100"]),
        json!([["message", "lines", 1, "count"], "lower than 1"]),
        json!([["message", "lines", 1, "count"], "not even"]),
        json!([["message", "by_key", "a.b", "count"], "lower than 1"]),
        json!([["message", "one", "count"], "not even"]),
    ])
}

fn rules(error: &InvalidMessage) -> Vec<Value> {
    let details = json!(error);
    let details = details["detail"].as_array().expect("details");
    let rule = |detail: &Value| {
        assert_eq!(detail["type"], "value_error");
        json!([detail["loc"], detail["msg"]])
    };
    details.iter().map(rule).collect()
}

#[test]
fn every_broken_rule_is_told_with_its_place() {
    let text = Message::from(faulty_order().to_string());
    let decoded = <Json as Decode<Valid<Order>>>::decode(text);
    let Err(SocketError::Invalid(error)) = decoded else { panic!("valid") };
    let rules = rules(&error);
    assert_eq!(rules.len(), broken_rules().len());
    assert_eq!(HashSet::from_iter(rules), broken_rules());
}

#[tokio::test]
async fn a_broken_rule_is_1007_and_what_keeps_the_rules_is_received() {
    let (_server, mut client) = open("/order").await;
    let fine = json!({ "name": "é€e", "seats": [], "lines": [], "by_key": {}, "one": null });
    client.send(fine.to_string()).await;
    assert_eq!(client.json().await, fine);
    client.send(faulty_order().to_string()).await;
    let end = client.end().await;
    assert_eq!(end.code, Some(1007));
    let reason: Vec<Value> = serde_json::from_str(&end.reason).expect("the reason is JSON");
    assert!(!reason.is_empty());
    for told in reason {
        assert_eq!(told["type"], "value_error");
        assert!(broken_rules().iter().any(|rule| rule[0] == told["loc"]), "{told}");
    }

    let packed = self::end("/packed-order", pack(&faulty_order())).await;
    assert_eq!(packed, end);
    // A message that is not an `Order` has no rules to break.
    assert_eq!(
        self::reason("/order", "{}").await,
        json!([{ "type": "missing", "loc": ["message", "name"] }])
    );
}

#[test]
fn at_most_a_hundred_broken_rules_are_told() {
    let order = Order {
        name: "a".to_owned(),
        seats: vec![101; 1000],
        lines: Vec::new(),
        by_key: HashMap::new(),
        one: None,
    };
    let error = Valid::check(order).expect_err("every seat breaks a rule");
    assert_eq!(error.errors().len(), 100);
}

/// Otherwise the answer could be many times as long as the message.
#[test]
fn a_long_key_is_cut_in_the_places_of_what_is_below() {
    let long = "é".repeat(10_000);
    let order = json!({ "name": "a", "seats": [], "lines": [], "by_key": { long: { "count": -1 } } });
    let Err(SocketError::Invalid(error)) = <Json as Decode<Valid<Order>>>::decode(order.to_string().into())
    else {
        panic!("valid");
    };
    let rules = rules(&error);
    assert_eq!(rules[0][0][2], "é".repeat(50));
    assert_eq!(rules.len(), 2);
}

/// Reports what is wrong, and continues.
#[websocket("/patient")]
async fn patient(mut ws: WebSocket<Valid<Order>, Value>) -> Result {
    loop {
        match ws.recv().await {
            Ok(order) => ws.send(json!({ "ordered": order.name })).await?,
            Err(SocketError::Invalid(error)) => ws.send(json!({ "error": error.explain() })).await?,
            Err(SocketError::ExpectedText) => ws.send(json!({ "error": "binary" })).await?,
            Err(error) => return Err(error.into()),
        }
    }
}

#[tokio::test]
async fn an_endpoint_may_answer_a_wrong_message_and_go_on() {
    let (_server, mut client) = open("/patient").await;
    for (message, error) in [
        ("{}", "name: Field required"),
        ("nonsense", "Invalid JSON: expected ident at line 1 column 2"),
        (
            r#"{"name":"12345","seats":[101],"lines":[],"by_key":{}}"#,
            "name: length is greater than 3; seats.0: greater than 100",
        ),
    ] {
        client.send(message).await;
        assert_eq!(client.json().await, json!({ "error": error }));
    }
    client.send(vec![0]).await;
    assert_eq!(client.json().await, json!({ "error": "binary" }));
    client.send(r#"{"name":"a","seats":[],"lines":[],"by_key":{}}"#).await;
    assert_eq!(client.json().await, json!({ "ordered": "a" }));
}

// A handler reports what is wrong before the close.
#[tokio::test]
async fn a_handler_tells_what_is_wrong_before_1007() {
    let told = app().on_error(async |error: InvalidMessage, cx: ErrorContext| {
        let _ = cx.send_json(&json!({ "error": error.explain(), "code": 1007 })).await;
        error.close()
    });
    let server = Server::start(told).await;
    for (message, error) in [
        ("{}", "text: Field required"),
        ("5", "Input should be an object"),
        (r#"{"text":5}"#, "text: Input should be a valid string"),
        ("nonsense", "Invalid JSON: expected ident at line 1 column 2"),
    ] {
        let mut client = server.at("/chat").open().await;
        client.send(message).await;
        let end = client.end().await;
        assert_eq!(end.messages, [json!({ "error": error, "code": 1007 }).to_string()], "{message}");
        assert_eq!(end.code, Some(1007));
    }
}

/// Keeps the received error in an error of its own, which is the server's fault and therefore logged.
#[derive(Debug, thiserror::Error, CloseError)]
enum Kept {
    #[error("while talking: {0}")]
    #[close(1011)]
    Socket(#[from] SocketError),
}

#[websocket("/logged")]
async fn logged(mut ws: WebSocket<HashMap<String, f64>>) -> Result<(), Kept> {
    ws.recv().await?;
    Ok(())
}

#[websocket("/logged-json")]
async fn boxed(mut ws: WebSocket) -> Result<(), Kept> {
    let _seat: u8 = ws.recv_json().await?;
    Ok(())
}

#[tokio::test]
async fn nothing_of_a_message_is_logged() {
    let logs = Logs::capture();
    for (target, message) in [
        ("/logged", r#"{"hunter2":"hunter2"}"#),
        ("/logged", r#"{"hunter2":hunter2}"#),
        ("/logged-json", r#""hunter2""#),
        ("/chat", r#"{"text":5,"hunter2":1}"#),
        ("/strict", r#"{"hunter2":1}"#),
        ("/event", r#"{"type":"hunter2"}"#),
        ("/prices", r#"{"hunter2":"hunter2"}"#),
    ] {
        end(target, message).await;
    }
    assert_eq!(logs.at(Level::ERROR).len(), 3);
    for level in [Level::ERROR, Level::WARN, Level::INFO, Level::DEBUG] {
        for record in logs.at(level) {
            let ours = record.target.starts_with("ws_runtime");
            assert!(!ours || !record.text.contains("hunter2"), "{record:?}");
        }
    }
}

/// Adds numbers, with the combinators of `futures` and a second sender.
#[websocket("/streams")]
async fn streams(ws: WebSocket<i64, i64>) -> Result {
    let (sender, receiver) = ws.split();
    let beside = sender.clone();
    let mut sums = receiver.scan(0, |sum, number| {
        let number = number.map(|number| {
            *sum += number;
            *sum
        });
        std::future::ready(Some(number))
    });
    let mut sink = sender;
    while let Some(sum) = sums.next().await {
        SinkExt::send(&mut sink, sum?).await?;
        beside.send(-1).await?;
    }
    Ok(())
}

#[tokio::test]
async fn streams_sinks_and_senders_are_typed() {
    let (_server, mut client) = open("/streams").await;
    for (number, sum) in [("5", "5"), ("7", "12")] {
        assert_eq!(client.ask(number).await, sum);
        assert_eq!(client.text().await, "-1");
    }
    client.send("x").await;
    assert_eq!(client.end().await.code, Some(1007));
}

/// A connection that the endpoint accepts itself gets its types afterwards.
#[websocket("/accepts")]
async fn accepts(upgrade: Upgrade) -> Result {
    let mut ws: WebSocket<u8, Vec<u8>> = upgrade.accept().await?.typed();
    let number = ws.recv().await?;
    ws.send([number, number]).await?;
    let mut raw: WebSocket = ws.typed();
    raw.send_text("raw").await?;
    Ok(())
}

#[tokio::test]
async fn an_accepted_connection_can_be_typed_and_untyped() {
    let (_server, mut client) = open("/accepts").await;
    assert_eq!(client.ask("7").await, "[7,7]");
    let end = client.end().await;
    assert_eq!(end.messages, ["raw"]);
    assert_eq!(end.close(), (1000, ""));
}

/// Sends without receiving, so the type that it would receive needs no format.
struct Unread;

#[websocket("/tells")]
async fn tells(mut ws: WebSocket<Unread, Value>) -> Result<Close> {
    ws.send(json!([1])).await?;
    Ok(Close::new(CloseCode::NORMAL_CLOSURE, "told"))
}

#[tokio::test]
async fn what_is_never_received_needs_no_format() {
    let (_server, client) = open("/tells").await;
    let end = client.end().await;
    assert_eq!((end.messages.as_slice(), end.close()), (&["[1]".to_owned()][..], (1000, "told")));
}
