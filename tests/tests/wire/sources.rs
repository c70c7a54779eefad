//! How values are found in paths, queries, cookies and headers, in both rejection modes.

use serde_json::json;
use ws_runtime::{App, SocketError, WebSocket, routes, websocket};
use ws_tests::{Modes, Opening, Server, detail};

/// Endpoints that send what they read, and return.
macro_rules! show {
    ($($name:ident $path:literal ($($(#[$source:meta])* $param:ident: $type:ty),*);)*) => {$(
        #[websocket($path)]
        async fn $name($($(#[$source])* $param: $type,)* mut ws: WebSocket) -> Result<(), SocketError> {
            ws.send_text(format!("{:?}", ($(&$param,)*))).await
        }
    )*};
}

show! {
    segment "/segment/<name>" (name: String);
    number "/number/<id>" (id: u32);
    two "/two/<left>/and/<right>" (right: u8, left: String);
    rest_text "/rest/text/<rest..>" (rest: String);
    rest_list "/rest/list/<rest..>" (rest: Vec<String>);
    rest_numbers "/rest/numbers/<rest..>" (rest: Vec<u32>);
    raw_name "/raw/<type>" (r#type: String, #[query] r#match: Option<String>);
    query "/query" (#[query] q: Vec<String>);
    cookie "/cookie" (#[cookie] session: Vec<String>);
    header "/header" (#[header] user_agent: Option<String>, #[header] x_many: Vec<String>);
    header_name "/header-name" (#[header(name = "X_Odd.Name")] odd: String);
}

fn app() -> App {
    App::new()
        .routes(routes![segment, number, two, rest_text, rest_list, rest_numbers, raw_name])
        .routes(routes![query, cookie, header, header_name])
}

/// Checks what the endpoint at each target reads.
async fn reads<const N: usize>(cases: [(&str, &str); N]) {
    let modes = Modes::start(app).await;
    for (target, shown) in cases {
        assert_eq!(modes.at(target).await.value(), shown, "{target}");
    }
}

#[tokio::test]
async fn path_parameters_are_found_by_name() {
    reads([
        ("/segment/abc", r#"("abc",)"#),
        ("/number/5", "(5,)"),
        ("/number/5?id=6", "(5,)"),
        ("/two/x/and/7", r#"(7, "x")"#),
        ("/raw/a?match=b", r#"("a", Some("b"))"#),
    ])
    .await;
}

#[tokio::test]
async fn each_segment_is_decoded_on_its_own_after_routing() {
    reads([
        ("/segment/a%2Fb", r#"("a/b",)"#),
        ("/segment/a%20b+c", r#"("a b+c",)"#),
        ("/segment/%E2%82%AC", r#"("€",)"#),
        ("/segment/%252F", r#"("%2F",)"#),
        ("/segment/100%", r#"("100%",)"#),
        ("/segment/%3F%26", r#"("?&",)"#),
        ("/number/%35", "(5,)"),
    ])
    .await;
}

#[tokio::test]
async fn a_faulty_segment_is_a_validation_error() {
    let modes = Modes::start(app).await;
    let found = modes.at("/number/abc").await.detail();
    let message = "Input should be a valid integer, unable to parse string as an integer";
    assert_eq!(found, detail("int_parsing", &json!(["path", "id"]), message, Some("abc")));

    let found = modes.at("/segment/%FF").await.detail();
    assert_eq!((&found["type"], &found["loc"]), (&json!("string_unicode"), &json!(["path", "name"])));
}

#[tokio::test]
async fn a_rest_is_one_text_or_a_list_of_segments() {
    reads([
        ("/rest/text/a/b/c", r#"("a/b/c",)"#),
        ("/rest/text/a", r#"("a",)"#),
        ("/rest/text/a%20b/c", r#"("a b/c",)"#),
        ("/rest/list/a/b/c", r#"(["a", "b", "c"],)"#),
        ("/rest/list/a", r#"(["a"],)"#),
        ("/rest/list/a%2Fb/c", r#"(["a/b", "c"],)"#),
        ("/rest/numbers/1/2", "([1, 2],)"),
    ])
    .await;
}

#[tokio::test]
async fn a_faulty_segment_of_a_rest_is_named_by_its_index() {
    let modes = Modes::start(app).await;
    let found = modes.at("/rest/numbers/1/x").await.detail();
    let message = "Input should be a valid integer, unable to parse string as an integer";
    assert_eq!(found, detail("int_parsing", &json!(["path", "rest", 1]), message, Some("x")));

    let found = modes.at("/rest/list/a/%FF").await.detail();
    assert_eq!((&found["type"], &found["loc"]), (&json!("string_unicode"), &json!(["path", "rest", 1])));
}

#[tokio::test]
async fn a_query_is_a_form() {
    reads([
        ("/query?q=a+b", r#"(["a b"],)"#),
        ("/query?%71=a", r#"(["a"],)"#),
        ("/query?q", r#"([""],)"#),
        ("/query?q=", r#"([""],)"#),
        ("/query?q=1&&q=2&", r#"(["1", "2"],)"#),
        ("/query?Q=1", "([],)"),
        ("/query?q=a=b", r#"(["a=b"],)"#),
        ("/query?", "([],)"),
    ])
    .await;
}

#[tokio::test]
async fn cookies_are_read_from_every_line() {
    let modes = Modes::start(app).await;
    let cases: [(&[&str], &str); 8] = [
        (&["session=abc"], r#"(["abc"],)"#),
        (&["a=1; session=abc; b=2"], r#"(["abc"],)"#),
        (&["a=1", "session=abc"], r#"(["abc"],)"#),
        (&["session=1; session=2", "session=3"], r#"(["1", "2", "3"],)"#),
        (&["a=1;session=abc"], r#"(["abc"],)"#),
        (&["session="], r#"([""],)"#),
        (&["session=a=b"], r#"(["a=b"],)"#),
        (&["Session=abc", "xsession=abc", "nonsense"], "([],)"),
    ];
    for (lines, shown) in cases {
        let verdict =
            modes.ask("/cookie", |connect| lines.iter().fold(connect, |c, line| c.cookie(line))).await;
        assert_eq!(verdict.value(), shown, "{lines:?}");
    }
}

#[tokio::test]
async fn an_underscore_is_a_hyphen_in_header_names() {
    let modes = Modes::start(app).await;
    let verdict = modes
        .ask("/header", |connect| {
            connect.header("User-Agent", "test/1").header("X-Many", "a").header("x-many", "b, c")
        })
        .await;
    assert_eq!(verdict.value(), r#"(Some("test/1"), ["a", "b, c"])"#);
    assert_eq!(modes.at("/header").await.value(), "(None, [])");

    let verdict = modes.ask("/header-name", |connect| connect.header("x_odd.name", "1")).await;
    assert_eq!(verdict.value(), r#"("1",)"#);
}

#[tokio::test]
async fn cookies_and_headers_that_are_not_utf8_are_validation_errors_without_input() {
    let modes = Modes::start(app).await;
    let found = modes.ask("/cookie", |connect| connect.header("cookie", b"session=\xff")).await.detail();
    assert_eq!(found["type"], "string_unicode");
    assert_eq!(found["loc"], json!(["cookie", "session", 0]));
    assert!(found["input"].is_null(), "{found}");

    let found = modes.ask("/header", |connect| connect.header("user-agent", b"\xff")).await.detail();
    assert_eq!((&found["type"], &found["loc"]), (&json!("string_unicode"), &json!(["header", "user-agent"])));
    assert!(found["input"].is_null(), "{found}");
}

#[tokio::test]
async fn a_header_of_utf8_is_read() {
    let modes = Modes::start(app).await;
    let verdict = modes.ask("/header", |connect| connect.header("user-agent", "é")).await;
    assert_eq!(verdict.value(), r#"(Some("é"), [])"#);
}

#[tokio::test]
async fn the_absolute_form_of_a_target_is_read_alike() {
    let server = Server::start(app()).await;
    let mut raw = server.raw().await;
    raw.open(&Opening::new("http://server.example.com/two/x/and/7?q=1")).await;
    assert_eq!(raw.text().await, r#"(7, "x")"#);
}
