//! Validation errors as clients see them: all at once, complete over HTTP, and parseable within a reason.

use serde::Deserialize;
use serde_json::{Value, json};
use ws_runtime::{
    App, CloseCode, ErrorContext, FieldError, Loc, Query, Rejection, SocketError, ValidationError, WebSocket,
    routes, websocket,
};
use ws_tests::{Modes, Server, detail, ear};

const INT: &str = "Input should be a valid integer, unable to parse string as an integer";

// `q: int` is missing or not an integer, or is valid.
#[websocket("/ws")]
async fn one(#[query] q: i32, mut ws: WebSocket) -> Result<(), SocketError> {
    ws.send_text(format!("Query param q is: {q}")).await
}

// Several parameters are wrong at once.
#[websocket("/items/<id>")]
async fn three(
    id: u32,
    #[query(name = "page-size", ge = 1)] page_size: i32,
    #[cookie] session: u8,
    mut ws: WebSocket,
) -> Result<(), SocketError> {
    ws.send_text(format!("{id} {page_size} {session}")).await
}

#[websocket("/many")]
async fn many(#[query] numbers: Vec<u8>, mut ws: WebSocket) -> Result<(), SocketError> {
    ws.send_text(format!("{numbers:?}")).await
}

#[websocket("/long")]
async fn long(
    #[query(
        name = "a-name-so-long-that-not-even-one-error-about-it-fits-into-the-reason-of-a-close-frame-which-has-123-bytes"
    )]
    _v: u8,
    _ws: WebSocket,
) {
}

/// A whole query string.
#[derive(Debug, Deserialize)]
struct Page {
    limit: u32,
    #[serde(default)]
    tag: Vec<String>,
}

#[websocket("/page/<id>")]
async fn page(id: u8, page: Query<Page>, mut ws: WebSocket) -> Result<(), SocketError> {
    ws.send_text(format!("{id} {} {:?}", page.limit, page.tag)).await
}

/// The runtime numbers parameters. These are more than a tuple of one level holds.
#[websocket("/seventeen")]
#[allow(clippy::too_many_arguments, clippy::many_single_char_names, reason = "the point of the test")]
async fn seventeen(
    #[query] a: u8,
    #[query] b: u8,
    #[query] c: u8,
    #[query] d: u8,
    #[query] e: u8,
    #[query] f: u8,
    #[query] g: u8,
    #[query] h: u8,
    #[query] i: u8,
    #[query] j: u8,
    #[query] k: u8,
    #[query] l: u8,
    #[query] m: u8,
    #[query] n: u8,
    #[query] o: u8,
    #[query] p: u8,
    #[query] q: u8,
    mut ws: WebSocket,
) -> Result<(), SocketError> {
    ws.send_text(format!("{:?}", [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q])).await
}

fn app() -> App {
    App::new().routes(routes![one, three, many, long, page, seventeen])
}

#[tokio::test]
async fn a_missing_parameter_is_named() {
    let modes = Modes::start(app).await;
    let rejected = modes.at("/ws").await.rejected();
    assert_eq!(rejected.close.close(), (1008, r#"[{"type":"missing","loc":["query","q"]}]"#));
    assert_eq!(rejected.http.status, 422);
    let missing = detail("missing", &json!(["query", "q"]), "Field required", None);
    assert_eq!(rejected.http.json(), json!({ "detail": [missing] }));
}

#[tokio::test]
async fn a_malformed_parameter_is_named() {
    let modes = Modes::start(app).await;
    let rejected = modes.at("/ws?q=abc").await.rejected();
    assert_eq!(rejected.close.close(), (1008, r#"[{"type":"int_parsing","loc":["query","q"]}]"#));
    let malformed = detail("int_parsing", &json!(["query", "q"]), INT, Some("abc"));
    assert_eq!(rejected.http.json(), json!({ "detail": [malformed] }));
}

#[tokio::test]
async fn a_valid_parameter_is_used_and_the_return_closes_1000() {
    let end = Modes::start(app).await.at("/ws?q=3").await.accepted();
    assert_eq!(end.messages, ["Query param q is: 3"]);
    assert_eq!(end.close(), (1000, ""));
}

#[tokio::test]
async fn three_wrong_parameters_make_one_error() {
    let modes = Modes::start(app).await;
    let ask = |target: &'static str, cookie: &'static str| {
        let modes = &modes;
        async move { modes.ask(target, |connect| connect.cookie(cookie)).await }
    };
    assert_eq!(ask("/items/5?page-size=2", "session=7").await.value(), "5 2 7");

    let at_least = "Input should be greater than or equal to 1";
    assert_eq!(
        ask("/items/x?page-size=0", "session=secret").await.details(),
        [
            detail("int_parsing", &json!(["path", "id"]), INT, Some("x")),
            detail("greater_than_equal", &json!(["query", "page-size"]), at_least, Some("0")),
            detail("int_parsing", &json!(["cookie", "session"]), INT, None),
        ]
    );
    assert_eq!(
        ask("/items/5", "other=7").await.details(),
        [
            detail("missing", &json!(["query", "page-size"]), "Field required", None),
            detail("missing", &json!(["cookie", "session"]), "Field required", None),
        ]
    );
}

#[tokio::test]
async fn a_reason_holds_as_many_leading_errors_as_fit() {
    let modes = Modes::start(app).await;
    let query: Vec<String> = (0..50).map(|number| format!("numbers=x{number}")).collect();
    let verdict = modes.at(&format!("/many?{}", query.join("&"))).await.rejected();
    let summaries: Vec<Value> = serde_json::from_str(&verdict.close.reason).expect("the reason parses");
    assert_eq!(
        summaries,
        [
            json!({ "type": "int_parsing", "loc": ["query", "numbers", 0] }),
            json!({ "type": "int_parsing", "loc": ["query", "numbers", 1] }),
        ],
        "two of 49 bytes fit, a third does not"
    );
    assert_eq!(verdict.http.json()["detail"].as_array().map(Vec::len), Some(50));
}

#[tokio::test]
async fn a_reason_parses_even_when_no_error_fits() {
    let modes = Modes::start(app).await;
    let rejected = modes.at("/long").await.rejected();
    assert_eq!(rejected.close.code, Some(1008));
    serde_json::from_str::<Value>(&rejected.close.reason).expect("the reason parses");
    assert_eq!(rejected.http.json()["detail"][0]["type"], "missing");
}

#[tokio::test]
async fn input_is_quoted_as_json() {
    let found = Modes::start(app).await.at("/ws?q=%22%5C%0A%F0%9F%A6%80").await.detail();
    assert_eq!(found["input"], "\"\\\n🦀");
}

#[tokio::test]
async fn a_whole_query_string_takes_part_in_the_first_phase() {
    let modes = Modes::start(app).await;
    let value = modes.at("/page/1?limit=5&tag=a&tag=b").await.value();
    assert_eq!(value, r#"1 5 ["a", "b"]"#);

    let details = modes.at("/page/x?limit=many").await.details();
    assert_eq!(details.len(), 2, "{details:?}");
    assert_eq!(details[0]["loc"], json!(["path", "id"]));
    assert_eq!(details[1]["loc"][0], "query", "{details:?}");

    let found = modes.at("/page/1").await.detail();
    assert_eq!(found["loc"][0], "query", "{found}");
    assert!(found.to_string().contains("limit"), "{found}");
}

#[tokio::test]
async fn seventeen_parameters_are_read_and_reported() {
    let modes = Modes::start(app).await;
    let names: Vec<char> = ('a'..='q').collect();
    let query: Vec<String> =
        names.iter().enumerate().map(|(value, name)| format!("{name}={value}")).collect();
    let value = modes.at(&format!("/seventeen?{}", query.join("&"))).await.value();
    assert_eq!(value, format!("{:?}", (0..17).collect::<Vec<u8>>()));

    let details = modes.at("/seventeen").await.details();
    let found: Vec<Value> = details.iter().map(|detail| detail["loc"][1].clone()).collect();
    assert_eq!(found, names.iter().map(|name| json!(name.to_string())).collect::<Vec<Value>>());
}

// A handler with another code, as FastAPI's custom handler, which crashes there.
#[tokio::test]
async fn a_handler_of_the_apps_closes_1003_with_the_details() {
    let (tell, mut ear) = ear();
    let handler = move |err: ValidationError, cx: ErrorContext| {
        tell.say(format!("{} {}", cx.endpoint().name(), err.errors().len()));
        async move { err.to_close(CloseCode::UNSUPPORTED_DATA) }
    };
    let app = app().on_error(handler);
    let server = Server::start(app.rejection(Rejection::Close)).await;
    let end = server.at("/ws?q=abc").end().await;
    assert_eq!(end.close(), (1003, r#"[{"type":"int_parsing","loc":["query","q"]}]"#));
    assert_eq!(ear.next().await, "one 1");
}

#[test]
fn an_error_made_by_hand_looks_like_any_other() {
    let mut error = ValidationError::new();
    assert!(error.is_empty());
    let loc = [Loc::from("query"), Loc::from(String::from("dates")), Loc::from(3)];
    let ends_early = FieldError::new("value_error", loc, "Value error, ends before it starts");
    error.push(ends_early.with_input("2026-02-30"));
    assert!(!error.is_empty());
    let loc = json!(["query", "dates", 3]);
    let expected = detail("value_error", &loc, "Value error, ends before it starts", Some("2026-02-30"));
    assert_eq!(serde_json::to_value(&error).expect("it serializes"), json!({ "detail": [expected] }));

    let close = error.to_close(CloseCode::POLICY_VIOLATION);
    assert_eq!(close.reason(), r#"[{"type":"value_error","loc":["query","dates",3]}]"#);
    let shown = error.to_string();
    assert!(shown.contains("dates") && !shown.contains("2026-02-30"), "{shown}");
}

#[test]
fn a_reason_of_exactly_123_bytes_is_whole() {
    // `[{"type":"missing","loc":["query",""]}]` is 39 bytes.
    for (len, whole) in [(84, true), (85, false)] {
        let mut error = ValidationError::new();
        error.push(FieldError::new("missing", ["query".to_owned(), "n".repeat(len)], "Field required"));
        let close = error.to_close(CloseCode::POLICY_VIOLATION);
        assert_eq!(close.reason().len() == 123, whole, "{len}");
        let cut = r#"[{"type":"missing","loc":["query"]}]"#;
        assert_eq!(close.reason() == cut, !whole, "{len}");
    }
}
