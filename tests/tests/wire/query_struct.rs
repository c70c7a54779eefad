//! A whole query as a struct: each value is read like that of a single parameter, and mistakes are reported in the same words.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    net::{IpAddr, Ipv4Addr},
    num::NonZeroU8,
    str::FromStr,
};

use serde::Deserialize;
use serde_json::{Value, json};
use tracing::Level;
use ws_runtime::{
    App, Close, ErrorContext, Query, SocketError, ValidationError, WebSocket, routes, websocket,
};
use ws_tests::{Logs, Modes, Opening, Server, settle};

/// The same parameters in both forms.
#[derive(Debug, Deserialize)]
struct Fields {
    int: Option<i32>,
    byte: Option<u8>,
    float: Option<f64>,
    on: Option<bool>,
    letter: Option<char>,
    text: Option<String>,
    ip: Option<IpAddr>,
    v4: Option<Ipv4Addr>,
    nonzero: Option<NonZeroU8>,
    #[serde(default)]
    ids: Vec<u64>,
    #[serde(default)]
    flags: Vec<bool>,
}

#[websocket("/struct")]
async fn of_struct(q: Query<Fields>, mut ws: WebSocket) -> Result<(), SocketError> {
    let Query(q) = q;
    let scalars = (q.int, q.byte, q.float, q.on, q.letter, q.text, q.ip, q.v4, q.nonzero);
    ws.send_text(format!("{scalars:?} {:?} {:?}", q.ids, q.flags)).await
}

#[websocket("/single")]
#[allow(clippy::too_many_arguments, reason = "as many as the struct has")]
async fn of_single(
    #[query] int: Option<i32>,
    #[query] byte: Option<u8>,
    #[query] float: Option<f64>,
    #[query] on: Option<bool>,
    #[query] letter: Option<char>,
    #[query] text: Option<String>,
    #[query] ip: Option<IpAddr>,
    #[query] v4: Option<Ipv4Addr>,
    #[query] nonzero: Option<NonZeroU8>,
    #[query] ids: Vec<u64>,
    #[query] flags: Vec<bool>,
    mut ws: WebSocket,
) -> Result<(), SocketError> {
    let scalars = (int, byte, float, on, letter, text, ip, v4, nonzero);
    ws.send_text(format!("{scalars:?} {ids:?} {flags:?}")).await
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Colour {
    Red,
    Green,
}

#[derive(Debug, Deserialize)]
struct Wrapped(#[allow(dead_code, reason = "shown by Debug")] u16);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "shown by Debug")]
struct Strict {
    colour: Colour,
    #[serde(default)]
    colours: Vec<Colour>,
    page: Option<Wrapped>,
    range: Option<(u8, u8)>,
}

#[websocket("/strict")]
async fn strict(q: Query<Strict>, mut ws: WebSocket) -> Result<(), SocketError> {
    ws.send_text(format!("{:?}", q.0)).await
}

#[websocket("/map")]
async fn map(q: Query<BTreeMap<String, Vec<i8>>>, mut ws: WebSocket) -> Result<(), SocketError> {
    ws.send_text(format!("{:?}", q.0)).await
}

#[websocket("/pairs")]
async fn pairs(q: Query<Vec<(String, String)>>, mut ws: WebSocket) -> Result<(), SocketError> {
    ws.send_text(format!("{:?}", q.0)).await
}

#[derive(Debug, Deserialize)]
#[allow(dead_code, reason = "shown by Debug")]
struct Flat {
    a: u8,
    #[serde(flatten)]
    rest: HashMap<String, String>,
}

#[websocket("/flat")]
async fn flat(q: Query<Flat>, mut ws: WebSocket) -> Result<(), SocketError> {
    ws.send_text(format!("{} {:?}", q.a, q.rest)).await
}

fn app() -> App {
    App::new().routes(routes![of_struct, of_single, strict, map, pairs, flat])
}

#[tokio::test]
async fn values_are_those_of_single_parameters() {
    let modes = Modes::start(app).await;
    for query in [
        "",
        "int=5&byte=255&float=.5&on=yes&letter=%C3%A9&text=a+b&ip=::1&v4=127.0.0.1&nonzero=1",
        "int=1&int=2&int=-3",
        "text=",
        "text",
        "on=1&on=OFF",
        "on=T",
        "ids=1&ids=2&text=x&ids=3",
        "ids=7",
        "flags=on&flags=n&flags=Y",
        "unknown=1&int=%35",
        "letter=+",
        "float=NaN",
    ] {
        let single = modes.at(&format!("/single?{query}")).await.value();
        assert_eq!(modes.at(&format!("/struct?{query}")).await.value(), single, "{query}");
    }
}

#[tokio::test]
async fn mistakes_are_those_of_single_parameters() {
    let modes = Modes::start(app).await;
    for query in [
        "int=x",
        "int=",
        "int=99999999999",
        "int=-99999999999",
        "int=1&int=x",
        "byte=256",
        "byte=-1",
        "byte=5.0",
        "float=x",
        "float=",
        "on=maybe",
        "on=",
        "on=2",
        "letter=",
        "letter=ab",
        "ip=x",
        "v4=::1",
        "nonzero=0",
        "nonzero=",
        "ids=x",
        "ids=1&ids=x",
        "ids=",
        "ids=1&ids=2&ids=-1",
        "flags=on&flags=maybe",
        "text=%FF",
        "int=+5",
        "int=%205",
    ] {
        let single = modes.at(&format!("/single?{query}")).await.detail();
        let mut of_struct = modes.at(&format!("/struct?{query}")).await.detail();
        // serde reads one list for one value of a struct, and cannot say which value.
        if query == "text=%FF" {
            of_struct["loc"] = single["loc"].clone();
        }
        assert_eq!(of_struct, single, "{query}");
    }
}

#[tokio::test]
async fn what_only_a_struct_can_want_is_told_as_of_a_message() {
    let modes = Modes::start(app).await;
    let found = async |query: &str| -> (Value, Value, Value, Value) {
        let detail = modes.at(query).await.detail();
        (detail["type"].clone(), detail["loc"].clone(), detail["msg"].clone(), detail["input"].clone())
    };
    for (query, kind, loc, msg, input) in [
        ("/strict", "missing", json!(["query", "colour"]), "Field required", Value::Null),
        (
            "/strict?colour=mauve",
            "enum",
            json!(["query", "colour"]),
            "Input should be `red` or `green`",
            json!("mauve"),
        ),
        (
            "/strict?colour=red&colours=green&colours=mauve",
            "enum",
            json!(["query", "colours", 1]),
            "Input should be `red` or `green`",
            json!("mauve"),
        ),
        (
            "/strict?colour=red&size=1",
            "extra_forbidden",
            json!(["query", "size"]),
            "Extra inputs are not permitted",
            Value::Null,
        ),
        (
            "/strict?colour=red&page=x",
            "int_parsing",
            json!(["query", "page"]),
            "Input should be a valid integer, unable to parse string as an integer",
            json!("x"),
        ),
        (
            "/strict?colour=red&range=1&range=x",
            "int_parsing",
            json!(["query", "range", 1]),
            "Input should be a valid integer, unable to parse string as an integer",
            json!("x"),
        ),
        (
            "/map?a=1&b=2&b=x",
            "int_parsing",
            json!(["query", "b", 1]),
            "Input should be a valid integer, unable to parse string as an integer",
            json!("x"),
        ),
    ] {
        assert_eq!(found(query).await, (json!(kind), loc, json!(msg), input), "{query}");
    }
}

#[tokio::test]
async fn structs_maps_and_lists_of_pairs_are_read() {
    let modes = Modes::start(app).await;
    for (target, shown) in [
        (
            "/strict?colour=red&colours=green&page=7&range=1&range=2",
            "Strict { colour: Red, colours: [Green], page: Some(Wrapped(7)), range: Some((1, 2)) }",
        ),
        ("/map?b=2&a=1&b=-3", r#"{"a": [1], "b": [2, -3]}"#),
        ("/pairs?b=2&a=1&b=3", r#"[("b", "2"), ("a", "1"), ("b", "3")]"#),
        ("/pairs", "[]"),
        ("/flat?x=1&a=2", r#"2 {"x": "1"}"#),
    ] {
        assert_eq!(modes.at(target).await.value(), shown, "{target}");
    }
}

const SECRET: &str = "5ecr3t";

/// A type of the user's whose error quotes the text that it was read from.
#[derive(Debug)]
struct Token;

#[derive(Debug)]
struct Quoting(String);

impl fmt::Display for Quoting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no token: {}", self.0)
    }
}

impl FromStr for Token {
    type Err = Quoting;

    fn from_str(text: &str) -> Result<Self, Quoting> {
        Err(Quoting(text.to_owned()))
    }
}

#[websocket("/tokens/<id>")]
async fn tokens(
    id: Token,
    #[query] q: Option<Token>,
    #[cookie] session: Vec<Token>,
    #[header] x_token: Option<Token>,
    #[header] x_letter: Option<char>,
    _ws: WebSocket,
) {
    drop((id, q, session, x_token, x_letter));
}

/// An error of the user's that contains ours.
#[derive(Debug, thiserror::Error, ws_runtime::CloseError)]
#[error("wrapped: {0}")]
#[close(1011)]
struct Wrapping(#[source] ValidationError);

fn tokens_opening() -> Opening {
    Opening::new(&format!("/tokens/{SECRET}?q={SECRET}"))
        .header("cookie", format!("session={SECRET}"))
        .header("x-token", SECRET)
        .header("x-letter", SECRET)
}

#[tokio::test]
async fn the_value_of_a_cookie_or_a_header_is_in_no_message_even_if_a_type_quotes_it() {
    let server =
        Server::start(App::new().routes(routes![tokens]).rejection(ws_runtime::Rejection::Http)).await;
    let response = server.request(&tokens_opening()).await;
    let body: Value = serde_json::from_str(&response.body).expect("a body of JSON");
    let told: Vec<_> = body["detail"]
        .as_array()
        .expect("details")
        .iter()
        .map(|detail| (detail["loc"][0].clone(), detail["msg"].clone(), detail["input"].clone()))
        .collect();
    let quoted = json!(format!("Value error, no token: {SECRET}"));
    assert_eq!(
        told,
        [
            (json!("path"), quoted.clone(), json!(SECRET)),
            (json!("query"), quoted, json!(SECRET)),
            (json!("cookie"), json!("Value error"), Value::Null),
            (json!("header"), json!("Value error"), Value::Null),
            (json!("header"), json!("Value error, too many characters in string"), Value::Null),
        ]
    );
}

#[tokio::test]
async fn nothing_that_was_sent_is_logged_even_if_a_type_quotes_it() {
    let logs = Logs::capture();
    let internal =
        |app: App| app.on_error(async |_: ValidationError, _: ErrorContext| Close::internal_error());
    let wrapping = |app: App| {
        app.on_error(async |error: ValidationError, cx: ErrorContext| {
            ws_runtime::Error::from(Wrapping(error)).into_own_close(cx).await
        })
    };
    let plain = |app: App| app;
    let ways: [&dyn Fn(App) -> App; 3] = [&internal, &wrapping, &plain];
    for way in ways {
        let server = Server::start(way(app().routes(routes![tokens]))).await;
        let strict = [
            format!("/strict?colour={SECRET}"),
            format!("/strict?colour=red&{SECRET}=1"),
            format!("/map?{SECRET}=x"),
            format!("/single?int={SECRET}&ids={SECRET}"),
            format!("/struct?text=%FF{SECRET}"),
        ];
        for opening in strict.iter().map(|target| Opening::new(target)).chain([tokens_opening()]) {
            server.raw().await.open(&opening).await;
        }
        settle().await;
    }
    let mut seen = 0;
    for level in [Level::ERROR, Level::WARN, Level::INFO, Level::DEBUG, Level::TRACE] {
        for record in logs.at(level).iter().filter(|record| record.target.starts_with("ws_runtime")) {
            assert!(!record.text.contains(SECRET), "{record:?}");
            seen += usize::from(record.text.contains("error="));
        }
    }
    assert!(seen >= 12, "{seen} errors are logged");
}
