//! What serde would accept although it is not JSON of the type, and how MessagePack writes values that have a text form.

use std::{
    collections::{BTreeMap, HashMap},
    net::IpAddr,
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use uuid::Uuid;
use ws_runtime::{
    App, Decode, Encode, InvalidMessage, Json, Message, MessagePack, Result, SocketError, WebSocket, routes,
    websocket,
};
use ws_tests::{Frame, Server, op};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Chat {
    message: String,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Nested {
    chat: Chat,
    chats: Vec<Chat>,
    by_name: HashMap<String, Chat>,
    maybe: Option<Chat>,
    pair: (Chat, u8),
}

#[derive(Debug, PartialEq, Deserialize)]
struct Point(i32, i32);

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
struct Id(#[allow(dead_code, reason = "compared only")] String);

#[derive(Debug, PartialEq, Deserialize)]
enum External {
    Said { message: String },
    Moved(Point),
    Two(u8, u8),
    Left,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(tag = "type")]
enum Internal {
    Said { message: String },
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(tag = "type", content = "content")]
enum Adjacent {
    Said { message: String },
    At(Point),
}

#[derive(Debug, PartialEq, Deserialize)]
struct Flat {
    a: u8,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

fn decode<T: DeserializeOwned>(json: &str) -> Result<T, SocketError> {
    Json::decode(Message::from(json.to_owned()))
}

#[track_caller]
fn invalid<T: DeserializeOwned + std::fmt::Debug>(json: &str) -> InvalidMessage {
    match decode::<T>(json) {
        Err(SocketError::Invalid(error)) => error,
        other => panic!("{json}: {other:?}"),
    }
}

#[track_caller]
fn assert_kind<T: DeserializeOwned + std::fmt::Debug>(json: &str, kind: &str, place: &str) {
    let error = invalid::<T>(json);
    let [only] = error.errors() else { panic!("{json}: {error:?}") };
    let loc = serde_json::to_value(&only.loc).expect("it serializes");
    let expected: Value = serde_json::from_str(place).expect("a place");
    assert_eq!((&*only.kind, loc), (kind, expected), "{json}");
}

#[test]
fn an_array_is_no_object() {
    assert_kind::<Chat>(r#"["hi"]"#, "model_type", r#"["message"]"#);
    assert_kind::<Chat>("[]", "model_type", r#"["message"]"#);
    assert_kind::<Vec<Chat>>(r#"[{"message":"a"},["b"]]"#, "model_type", r#"["message",1]"#);
    assert_kind::<Option<Chat>>(r#"["hi"]"#, "model_type", r#"["message"]"#);
    assert_kind::<External>(r#"{"Said":["hi"]}"#, "model_type", r#"["message","Said"]"#);
    assert_kind::<Internal>(r#"["Said","hi"]"#, "model_type", r#"["message"]"#);
    assert_kind::<Adjacent>(r#"["Said",{"message":"hi"}]"#, "model_type", r#"["message"]"#);
    assert_kind::<Adjacent>(r#"{"type":"Said","content":["hi"]}"#, "model_type", r#"["message","content"]"#);
    let whole = json!({
        "chat": { "message": "a" }, "chats": [{ "message": "b" }], "by_name": { "x": { "message": "c" } },
        "maybe": { "message": "d" }, "pair": [{ "message": "e" }, 1],
    });
    decode::<Nested>(&whole.to_string()).expect("all of them are objects");
    for (pointer, place) in [
        ("/chat", r#"["message","chat"]"#),
        ("/chats/0", r#"["message","chats",0]"#),
        ("/by_name/x", r#"["message","by_name","x"]"#),
        ("/maybe", r#"["message","maybe"]"#),
        ("/pair/0", r#"["message","pair",0]"#),
    ] {
        let mut broken = whole.clone();
        *broken.pointer_mut(pointer).expect("it is there") = json!(["hi"]);
        assert_kind::<Nested>(&broken.to_string(), "model_type", place);
    }
}

#[test]
fn what_is_an_array_by_its_type_is_one() {
    assert_eq!(decode::<Point>("[1,2]").expect("a tuple"), Point(1, 2));
    assert_eq!(decode::<(u8, Vec<u8>)>("[1,[2,3]]").expect("a tuple"), (1, vec![2, 3]));
    assert_eq!(decode::<External>(r#"{"Moved":[1,2]}"#).expect("a tuple"), External::Moved(Point(1, 2)));
    assert_eq!(decode::<External>(r#"{"Two":[1,2]}"#).expect("a tuple"), External::Two(1, 2));
    assert_eq!(decode::<External>(r#""Left""#).expect("a unit"), External::Left);
    assert_eq!(
        decode::<Adjacent>(r#"{"type":"At","content":[1,2]}"#).expect("a tuple"),
        Adjacent::At(Point(1, 2))
    );
    assert_eq!(decode::<Value>(r#"[1,{"a":[2]}]"#).expect("any value"), json!([1, { "a": [2] }]));
    let said = r#"{"type":"Said","message":"hi"}"#;
    assert_eq!(decode::<Internal>(said).expect("an object"), Internal::Said { message: "hi".to_owned() });
    let number = decode::<HashMap<u32, u64>>(r#"{"1":18446744073709551615}"#).expect("numbers as names");
    assert_eq!(number, HashMap::from([(1, u64::MAX)]));
}

/// One rule applies to everything that is an object.
#[test]
fn a_name_stands_once() {
    let twice = r#"{"message":"a","message":"b"}"#;
    for error in [
        invalid::<Chat>(twice),
        invalid::<Value>(twice),
        invalid::<HashMap<String, String>>(twice),
        invalid::<BTreeMap<String, Value>>(twice),
        invalid::<Vec<Value>>(&format!("[{twice}]")),
        invalid::<Value>(&format!(r#"{{"a":[{{"b":{twice}}}]}}"#)),
    ] {
        let [only] = error.errors() else { panic!("{error:?}") };
        assert_eq!((&*only.kind, &*only.msg), ("value_error", "Value error, duplicate field `message`"));
    }
    assert_eq!(invalid::<HashMap<u8, u8>>(r#"{"1":1,"1":2}"#).errors()[0].kind, "value_error");
    assert_eq!(invalid::<BTreeMap<Id, u8>>(r#"{"a":1,"a":2}"#).errors()[0].kind, "value_error");
    assert_eq!(invalid::<Flat>(r#"{"a":1,"b":1,"b":2}"#).errors()[0].kind, "value_error");
    // Among few members and among many.
    for count in [1, 15, 16, 17, 100] {
        let names: Vec<_> = (0..count).map(|number| format!(r#""{number}":0"#)).collect();
        assert!(decode::<Value>(&format!("{{{}}}", names.join(","))).is_ok(), "{count}");
        for again in [0, count / 2, count - 1] {
            let twice = format!(r#"{{{},"{again}":1}}"#, names.join(","));
            assert_eq!(
                invalid::<Value>(&twice).errors()[0].msg,
                format!("Value error, duplicate field `{again}`")
            );
        }
    }
    // With its escapes resolved, it is the same name.
    assert_eq!(invalid::<Value>(r#"{"a":1,"\u0061":2}"#).errors()[0].kind, "value_error");
    assert!(decode::<Value>(r#"{"a":{"a":1},"b":{"a":1},"A":1}"#).is_ok());
    let flat = decode::<Flat>(r#"{"a":1,"b":1}"#).expect("no name stands twice");
    assert_eq!((flat.a, flat.rest.len()), (1, 1));
}

#[websocket("/typed")]
async fn typed(mut ws: WebSocket<Chat, Chat>) -> Result {
    let chat = ws.recv().await?;
    ws.send(chat).await?;
    Ok(())
}

#[websocket("/json")]
async fn by_json(mut ws: WebSocket) -> Result {
    let chat: Chat = ws.recv_json().await?;
    ws.send_json(&chat).await?;
    Ok(())
}

#[derive(Debug, Serialize, Deserialize)]
struct Item {
    id: Uuid,
    by: IpAddr,
    at: f64,
}

#[websocket("/packed")]
async fn packed(mut ws: WebSocket<Item, Item, MessagePack>) -> Result {
    let item = ws.recv().await?;
    ws.send(item).await?;
    Ok(())
}

fn app() -> App {
    App::new().routes(routes![typed, by_json, packed])
}

#[tokio::test]
async fn both_ways_to_receive_json_hold_to_it() {
    let server = Server::start(app()).await;
    for target in ["/typed", "/json"] {
        for json in [r#"["hi"]"#, r#"{"message":"a","message":"b"}"#] {
            let mut raw = server.raw_open(target).await;
            raw.send(Frame::text(json)).await;
            assert_eq!(raw.closed().await.0, Some(1007), "{target} {json}");
        }
        let mut raw = server.raw_open(target).await;
        raw.send(Frame::text(r#"{"message":"hi"}"#)).await;
        assert_eq!(raw.text().await, r#"{"message":"hi"}"#);
    }
}

/// Returns the MessagePack encoding of a value, made without a library that knows the type.
fn packed_by_others(item: &Value) -> Vec<u8> {
    rmp_serde::to_vec_named(item).expect("it serializes")
}

// MessagePack libraries for JavaScript and Python write a UUID as its text.
#[tokio::test]
async fn messagepack_has_texts_where_json_has_them() {
    let server = Server::start(app()).await;
    let item = json!({ "id": "67e55044-10b1-426f-9247-bb680e5fe0c8", "by": "::1", "at": 0.5 });
    let mut raw = server.raw_open("/packed").await;
    raw.send(Frame::new(op::BINARY, packed_by_others(&item))).await;
    let frame = raw.frame().await.expect("an echo");
    assert_eq!(frame.opcode, op::BINARY);
    let echo: Value = rmp_serde::from_slice(&frame.payload).expect("MessagePack of texts and numbers");
    assert_eq!(echo, item);
}

#[test]
fn messagepack_still_reads_the_bytes_of_a_uuid_and_keeps_what_json_has_not() {
    let id = Uuid::from_u128(7);
    let bytes = rmp_serde::to_vec(&id).expect("it serializes");
    let read: Result<Uuid, SocketError> = MessagePack::decode(Message::from(bytes));
    assert_eq!(read.expect("16 bytes"), id);

    let sent = <MessagePack as Encode<_>>::encode(&f64::NAN).expect("it serializes").into_owned();
    let read: f64 = MessagePack::decode(sent).expect("a float");
    assert!(read.is_nan());
    let sent = <Json as Encode<_>>::encode(&f64::NAN).expect("it serializes").into_owned();
    assert!(matches!(&sent, Message::Text(text) if text.as_str() == "null"), "{sent:?}");
    let sent = <Json as Encode<_>>::encode(&u64::MAX).expect("it serializes").into_owned();
    assert_eq!(<Json as Decode<u64>>::decode(sent).expect("a whole number"), u64::MAX);
}
