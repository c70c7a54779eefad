//! Requests of endpoints: `item::at(5).q(1)` as a URL, for `TestClient`, and for a client over a socket.

use std::{
    borrow::Cow,
    fmt::{self, Display},
    net::{Ipv4Addr, SocketAddr},
    str::FromStr,
};

use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use ws_runtime::{
    App, Close, CloseError, HeaderMap, Query, Rejection, Result, Router, SocketError, State, TestClient,
    TestError, Upgrade, WebSocket,
    client::{Client, ClientError, ConnectError, Ended},
    close_code,
    request::RequestError,
    routes, websocket,
};
use ws_tests::within;

/// Can be read from text, and cannot be written.
#[derive(Debug)]
struct OneWay;

impl FromStr for OneWay {
    type Err = fmt::Error;

    fn from_str(_: &str) -> std::result::Result<Self, fmt::Error> {
        Ok(Self)
    }
}

type Maybe = Option<i32>;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Page {
    #[serde(default)]
    offset: u64,
    #[serde(default)]
    order: Vec<String>,
    after: Option<String>,
}

#[websocket("/items/<id>/ws", subprotocols = ["v2", "v1"])]
#[allow(clippy::too_many_arguments, reason = "one of each")]
async fn item(
    id: u64,
    #[query] q: Option<i32>,
    #[query] tag: Vec<String>,
    #[query(name = "page-size", default = 10, ge = 1, le = 100)] page_size: u32,
    #[cookie] session: Option<String>,
    #[cookie(name = "seen")] seen: Vec<u8>,
    #[header] x_trace: Option<String>,
    #[header] x_list: Vec<String>,
    #[header] host: Option<String>,
    page: Query<Page>,
    mut ws: WebSocket,
) -> Result {
    let protocol = ws.subprotocol().map(str::to_owned);
    ws.send_json(&json!({
        "id": id, "q": q, "tag": tag, "page_size": page_size, "session": session, "seen": seen, "trace": x_trace,
        "list": x_list, "page": *page, "protocol": protocol,
    }))
    .await?;
    drop(host);
    Ok(())
}

#[websocket("/files/<user>/<path..>")]
async fn files(user: String, path: Vec<String>, mut ws: WebSocket) -> Result {
    ws.send_json(&json!({ "user": user, "path": path })).await?;
    Ok(())
}

#[websocket("/text/<path..>")]
async fn text(path: String, mut ws: WebSocket) -> Result {
    ws.send_json(&json!(path)).await?;
    Ok(())
}

#[websocket("/required/<id>")]
async fn required(
    id: u8,
    #[query] name: String,
    #[cookie] token: String,
    #[header] accept_language: String,
    mut ws: WebSocket,
) -> Result {
    ws.send_json(&json!([id, name, token, accept_language])).await?;
    Ok(())
}

/// Its types are private, aliases, or cannot be written; its names are those of the request's own functions.
#[websocket("/odd")]
#[allow(clippy::too_many_arguments, clippy::used_underscore_binding, reason = "one of each, and an odd name")]
async fn odd(
    #[query] r#type: Maybe,
    #[query(default = OneWay)] one_way: OneWay,
    #[query] at: Option<u8>,
    #[query] url: Option<String>,
    #[query] under: Option<u8>,
    #[query] clone: Option<u8>,
    #[query] _unused: Option<u8>,
    #[query] into_request: Option<bool>,
    #[query] ip: Option<Ipv4Addr>,
    mut ws: WebSocket,
) -> Result {
    let OneWay = one_way;
    ws.send_json(&json!([r#type, at, url, under, clone, _unused, into_request, ip])).await?;
    Ok(())
}

#[websocket("/one-way/<one_way>")]
async fn needs_one_way(one_way: OneWay, ws: WebSocket) -> Result {
    drop((one_way, ws));
    Ok(())
}

/// Never written in full.
#[derive(Debug)]
struct Spoilt;

impl Display for Spoilt {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Err(fmt::Error)
    }
}

impl FromStr for Spoilt {
    type Err = fmt::Error;

    fn from_str(_: &str) -> std::result::Result<Self, fmt::Error> {
        Ok(Self)
    }
}

#[websocket("/spoilt/<value>")]
async fn spoilt(value: Spoilt, ws: WebSocket) -> Result {
    drop((value, ws));
    Ok(())
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Question {
    text: String,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Answer {
    length: usize,
}

#[derive(Debug, Clone, PartialEq, thiserror::Error, CloseError)]
enum AskError {
    #[error("no questions today")]
    #[close(4001)]
    Never,
    #[error("come back later")]
    #[close(4001, reason = "later")]
    Later,
    #[error("only {0} questions")]
    #[close(4002)]
    Only(u32),
    #[error("broken")]
    #[close(1011)]
    Broken,
    #[error(transparent)]
    #[close(transparent)]
    Inner(#[from] Inner),
    #[error("wait {0}")]
    #[close(transparent)]
    Wait(Wait),
}

#[derive(Debug, Clone, PartialEq, thiserror::Error, CloseError)]
#[error("inside")]
#[close(4003)]
struct Inner;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[error("{seconds} s")]
struct Wait {
    seconds: u32,
}

impl CloseError for Wait {
    fn close(&self) -> Close {
        Close::json(close_code!(4029), self)
    }

    fn from_close(code: u16, reason: &str) -> Option<Self> {
        (code == 4029).then(|| serde_json::from_str(reason).ok()).flatten()
    }
}

#[websocket("/ask/<number>")]
async fn ask(
    number: u8,
    base: State<u8>,
    mut ws: WebSocket<Question, Answer>,
) -> std::result::Result<(), ws_runtime::Error> {
    match number - *base {
        0 => {
            let question = ws.recv().await?;
            ws.send(Answer { length: question.text.len() }).await?;
        }
        1 => Err(AskError::Never)?,
        2 => Err(AskError::Later)?,
        3 => Err(AskError::Only(3))?,
        4 => Err(AskError::Broken)?,
        5 => Err(AskError::Inner(Inner))?,
        _ => Err(AskError::Wait(Wait { seconds: 9 }))?,
    }
    Ok(())
}

#[websocket("/refused", rejection = Rejection::Http)]
async fn refused(_: HeaderMap, upgrade: Upgrade) -> std::result::Result<(), AskError> {
    drop(upgrade);
    Err(AskError::Never)
}

fn app() -> App {
    App::new().state(0_u8).routes(routes![
        item,
        files,
        text,
        required,
        odd,
        needs_one_way,
        spoilt,
        ask,
        refused
    ])
}

async fn told<S, R>(request: R) -> Value
where
    S: ws_runtime::request::Messages<
            In = ws_runtime::Message,
            Out = ws_runtime::Message,
            Format = ws_runtime::Json,
        >,
    R: ws_runtime::request::Call<S>,
{
    let mut ws = TestClient::new(app()).call(request).connect().await.expect("a 101");
    within("a message", ws.recv_json()).await.expect("what the endpoint read")
}

async fn serve(app: App) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(app.handle_signals(false).serve(listener));
    address
}

#[test]
fn a_request_is_a_url() {
    assert_eq!(item::at(5).q(1).to_string(), "/items/5/ws?q=1");
    assert_eq!(item::at(5).q(1).path_and_query(), "/items/5/ws?q=1");
    assert_eq!(item::at(5).q(1).url("ws://host").unwrap(), "ws://host/items/5/ws?q=1");
    assert_eq!(item::at(5).url("wss://host:1/a/").unwrap(), "wss://host:1/a/items/5/ws");
    assert_eq!(item::at(&5).q(Some(-1)).under("/v1").under("/api/").to_string(), "/api/v1/items/5/ws?q=-1");
    let request = item::at(5).tag(["a b&c=d", "ü/+?#%"]).page_size(20);
    assert_eq!(request.to_string(), "/items/5/ws?tag=a%20b%26c%3Dd&tag=%C3%BC%2F%2B%3F%23%25&page-size=20");
    assert_eq!(files::at("a/b", ["c", "d e", "", "f/g"]).to_string(), "/files/a%2Fb/c/d%20e//f%2Fg");
    assert_eq!(files::at("a", Vec::<String>::new()).to_string(), "/files/a/");
    assert_eq!(text::at("c/d e//f").to_string(), "/text/c/d%20e//f");
    assert_eq!(odd::at(7).set_at(1).to_string(), "/odd?type=7&at=1");
}

#[test]
fn scalars_are_replaced_and_lists_grow() {
    assert_eq!(item::at(5).q(1).page_size(3).q(2).to_string(), "/items/5/ws?page-size=3&q=2");
    assert_eq!(item::at(5).q(1).q(None).to_string(), "/items/5/ws");
    let request = item::at(5).tag("a").tag(String::from("b")).tag(Cow::Borrowed("c")).tag(["d"]);
    assert_eq!(request.to_string(), "/items/5/ws?tag=a&tag=b&tag=c&tag=d");
    let page = Page { offset: 3, order: vec!["a b".to_owned(), "c+d".to_owned()], after: None };
    let request = item::at(5).q(1).page(&page).page(page);
    assert_eq!(request.to_string(), "/items/5/ws?q=1&offset=3&order=a%20b&order=c%2Bd");
}

#[test]
fn values_that_cannot_be_sent_are_errors() {
    use RequestError::{Base, Cookie, Dots, Header, NoSegment, Prefix, Text};

    let cases = [
        (files::at("", ["a"]).check(), NoSegment("user")),
        (files::at("..", ["a"]).check(), Dots("user")),
        (files::at("a", ["b", "."]).check(), Dots("path")),
        (files::at("a", [""]).check(), NoSegment("path")),
        (text::at("a/../b").check(), Dots("path")),
        (item::at(1).session("a;b=c").check(), Cookie("session")),
        (item::at(1).session("a\r\nx: y").check(), Cookie("session")),
        (item::at(1).session(" a").check(), Cookie("session")),
        (item::at(1).session("\"a\"").check(), Cookie("session")),
        (item::at(1).x_trace("a\r\nx: y").check(), Header("x-trace")),
        (item::at(1).x_list(["a", "b\0"]).check(), Header("x-list")),
        (item::at(1).x_trace("a ").check(), Header("x-trace")),
        (spoilt::at(Spoilt).check(), Text("value")),
        (item::at(1).under("api").check(), Prefix("api".to_owned())),
        (item::at(1).under("/a?b").check(), Prefix("/a?b".to_owned())),
        (item::at(1).url("host").map(drop), Base),
        (item::at(1).url("ws://host?a=b").map(drop), Base),
        (item::at(1).url("ws://host#a").map(drop), Base),
        (item::at(1).url("").map(drop), Base),
    ];
    for (index, (result, expected)) in cases.into_iter().enumerate() {
        assert_eq!(result, Err(expected), "case {index}");
    }
}

#[tokio::test]
async fn the_endpoint_reads_what_the_request_says() {
    let page = Page { offset: 7, order: vec!["x y".to_owned()], after: Some("é&".to_owned()) };
    let request = item::at(5)
        .q(-1)
        .tag(["a b", ""])
        .page_size(20)
        .session("a=b c,\"é")
        .seen([1, 2])
        .x_trace("t é")
        .x_list(["a, b", "c"])
        .page(&page);
    let expected = json!({
        "id": 5, "q": -1, "tag": ["a b", ""], "page_size": 20, "session": "a=b c,\"é", "seen": [1, 2], "trace": "t é",
        "list": ["a, b", "c"], "page": page, "protocol": "v2",
    });
    assert_eq!(told(request).await, expected);
    let defaults = told(item::at(6)).await;
    assert_eq!(
        (&defaults["q"], &defaults["page_size"], &defaults["tag"]),
        (&json!(null), &json!(10), &json!([]))
    );
    assert_eq!(told(required::at(1, "n", "t", "de")).await, json!([1, "n", "t", "de"]));
    let odd = odd::at(None)
        .set_at(1)
        .url("u")
        .under(2)
        .clone(3)
        .unused(4)
        .into_request(true)
        .ip(Ipv4Addr::LOCALHOST);
    assert_eq!(told(odd).await, json!([null, 1, "u", 2, 3, 4, true, "127.0.0.1"]));
    // It has no builder for its only parameter, and is an endpoint nevertheless.
    TestClient::new(app()).get("/one-way/x").connect().await.expect("a 101");
}

#[tokio::test]
async fn a_test_client_finds_the_prefix() {
    let nested = || Router::new().routes(routes![files]);
    let app = || App::new().nest("/api", Router::new().nest("/v1", nested()));
    let client = TestClient::new(app());
    let mut ws = client.call(files::at("a", ["b"])).connect().await.expect("a 101");
    assert_eq!(ws.recv_json::<Value>().await.unwrap(), json!({ "user": "a", "path": ["b"] }));

    let client = TestClient::new(app().nest("/more", nested()));
    let error = client.call(files::at("a", ["b"])).connect().await.unwrap_err();
    let places = "/api/v1/files/<user>/<path..>, /more/files/<user>/<path..>";
    assert!(matches!(error, TestError::Call(RequestError::Ambiguous(at)) if at == places));
    client.call(files::at("a", ["b"]).under("/more")).connect().await.expect("a 101");

    let error = client.call(ask::at(0)).connect().await.unwrap_err();
    assert!(matches!(error, TestError::Call(RequestError::NotMounted("/ask/<number>"))));
    let error = client.call(files::at("..", ["b"])).connect().await.unwrap_err();
    assert!(matches!(error, TestError::Call(RequestError::Dots("user"))));
}

#[websocket("/rooms/<room>")]
async fn tenants(#[path(max_length = 9)] tenant: String, #[path] room: u8, mut ws: WebSocket) -> Result {
    ws.send_json(&json!([tenant, room])).await?;
    Ok(())
}

#[tokio::test]
async fn parameters_of_a_prefix_are_arguments() {
    let app = || App::new().nest("/<tenant>/v1", Router::new().routes(routes![tenants]));
    let mut ws = TestClient::new(app()).call(tenants::at("a/b", 5)).connect().await.expect("a 101");
    assert_eq!(within("a message", ws.recv_json::<Value>()).await.unwrap(), json!(["a/b", 5]));

    let request = tenants::at("a b", 5);
    assert_eq!(request.check(), Err(RequestError::NoPrefix("tenant")));
    assert_eq!(request.under("/<tenant>/v1").url("ws://a").unwrap(), "ws://a/a%20b/v1/rooms/5");
    let other = request.under("/<tenant>/<other>");
    assert_eq!(other.check(), Err(RequestError::Prefix("/<tenant>/<other>".to_owned())));
    let server = format!("ws://{}", serve(app()).await);
    let mut client = Client::builder(server).call(request.under("/<tenant>/v1")).connect().await.unwrap();
    assert_eq!(within("a message", client.recv()).await.unwrap().into_text().unwrap(), r#"["a b",5]"#);
}

#[tokio::test]
async fn a_client_speaks_the_types_of_the_endpoint() {
    let address = serve(app()).await;
    let mut client =
        Client::builder(format!("ws://{address}/")).call(ask::at(0)).connect().await.expect("a connection");
    client.send(Question { text: "how long?".to_owned() }).await.unwrap();
    let answer: Answer = within("a message", client.recv()).await.unwrap();
    assert_eq!(answer, Answer { length: 9 });

    let request = item::at(5).q(1).session("abc").x_trace("t");
    let mut client = Client::builder(format!("ws://{address}")).call(request).connect().await.unwrap();
    assert_eq!(client.subprotocol().as_deref(), Some("v2"));
    let told: Value =
        serde_json::from_str(&within("a message", client.recv()).await.unwrap().into_text().unwrap())
            .unwrap();
    assert_eq!((&told["q"], &told["session"], &told["trace"]), (&json!(1), &json!("abc"), &json!("t")));

    let refused = item::at(5).session("a;b");
    let error = Client::builder(format!("ws://{address}")).call(refused).connect().await.unwrap_err();
    assert!(matches!(error, ConnectError::Request(RequestError::Cookie("session"))));
}

#[tokio::test]
async fn an_error_comes_back_from_its_close() {
    let address = serve(app()).await;
    let expected = [
        (1, Some(AskError::Never)),
        (2, Some(AskError::Later)),
        (3, None), // the reason does not contain the field
        (4, None), // any fault closes like that
        (5, Some(AskError::Inner(Inner))),
        (6, Some(AskError::Wait(Wait { seconds: 9 }))),
    ];
    for (number, expected) in expected {
        let builder = Client::builder(format!("ws://{address}")).retry_on(|_: &Ended| false);
        let mut client = builder.call(ask::at(number)).connect().await.expect("a connection");
        let error: ClientError = within("a message", client.recv()).await.unwrap_err();
        assert_eq!(error.close_of::<AskError>(), expected, "{number}");
        assert_eq!(client.closed().await.close_of::<AskError>(), expected, "{number}");

        let mut ws = TestClient::new(app()).call(ask::at(number)).connect().await.expect("a 101");
        let error: SocketError = within("a message", ws.recv()).await.unwrap_err();
        assert_eq!(error.close_of::<AskError>(), expected, "{number}");
        assert_eq!(ws.closed().await.close_of::<AskError>(), expected, "{number}");
    }
    let error = TestClient::new(app()).call(refused::at()).connect().await.unwrap_err();
    assert_eq!(error.close_of::<AskError>(), Some(AskError::Never));
    let error = Client::builder(format!("ws://{address}")).call(refused::at()).connect().await.unwrap_err();
    assert_eq!(error.close_of::<AskError>(), Some(AskError::Never));
}

/// The same endpoint, declared apart from its implementation.
mod shared {
    use ws_runtime::{Query, Result, WebSocket, contract};

    use super::{Answer, Page, Question};

    /// Answers questions.
    #[contract("/shared/<id>/<rest..>", subprotocols = ["s1"])]
    pub(crate) async fn question(
        id: u64,
        rest: Vec<String>,
        #[query(default = 3, le = 9)] factor: usize,
        #[cookie] session: Option<String>,
        page: Query<Page>,
        ws: WebSocket<Question, Answer>,
    ) -> Result;

    #[contract("/shared")]
    pub(crate) async fn bare(ws: WebSocket) -> Result;
}

#[allow(clippy::unused_async, reason = "a dependency is async even if it has nothing to wait for")]
async fn one(_: &ws_runtime::Handshake) -> Result<usize> {
    Ok(1)
}

#[websocket(shared::question(id, rest, factor, session, page))]
#[allow(clippy::too_many_arguments, reason = "one of each")]
async fn question(
    #[depends(one)] one: usize,
    id: u64,
    factor: usize,
    rest: Vec<String>,
    session: Option<String>,
    page: Query<Page>,
    base: State<u8>,
    mut ws: WebSocket<Question, Answer>,
) -> Result {
    let length = ws.recv().await?.text.len();
    let session = session.map_or(0, |session| session.len());
    let known = usize::try_from(id + page.offset).unwrap_or(0) + rest.len() + usize::from(*base) + one;
    ws.send(Answer { length: length * factor + session + known }).await?;
    Ok(())
}

#[websocket(shared::bare)]
async fn bare(upgrade: Upgrade) -> Result {
    let mut ws = upgrade.accept().await?;
    ws.send_text("bare").await?;
    Ok(())
}

#[tokio::test]
async fn a_contract_is_implemented_elsewhere() {
    let app = || App::new().state(100_u8).nest("/api", Router::new().routes(routes![question, bare]));
    let request = || {
        let page = Page { offset: 1000, order: Vec::new(), after: None };
        shared::question::at(5, ["a", "b"]).session("xy").page(page)
    };
    let mut ws = TestClient::new(app()).call(request()).connect().await.expect("a 101");
    assert_eq!(ws.subprotocol(), Some("s1"));
    ws.send(Question { text: "four".to_owned() }).await.unwrap();
    assert_eq!(within("a message", ws.recv()).await.unwrap().length, 4 * 3 + 2 + 1000 + 5 + 2 + 100 + 1);

    let mut ws = TestClient::new(app()).call(shared::bare::at()).connect().await.expect("a 101");
    assert_eq!(within("a message", ws.recv_text()).await.unwrap(), "bare");

    let address = serve(app()).await;
    let server = format!("ws://{address}/api");
    let mut client = Client::builder(server.clone()).call(request().factor(2)).connect().await.unwrap();
    client.send(Question { text: "four".to_owned() }).await.unwrap();
    assert_eq!(within("a message", client.recv()).await.unwrap().length, 4 * 2 + 2 + 1000 + 5 + 2 + 100 + 1);

    // All mistakes come at once, as in any endpoint.
    let mut client = Client::builder(server).call(request().factor(10)).connect().await.unwrap();
    let error = within("a message", client.recv()).await.unwrap_err();
    let ended = error.ended().unwrap();
    assert_eq!(ended.code(), Some(1008));
    assert_eq!(ended.reason(), r#"[{"type":"less_than_equal","loc":["query","factor"]}]"#);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// A value either arrives as it is, or is refused before anything is sent.
    #[test]
    fn no_value_arrives_as_another(
        user in any::<String>(),
        path in proptest::collection::vec("[a-z./ é%\"]{0,4}", 0..4),
        tag in proptest::collection::vec(any::<String>(), 0..3),
        session in any::<String>(),
        trace in any::<String>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let request = files::at(&user, &path);
            if request.check().is_ok() {
                assert_eq!(told(request).await, json!({ "user": user, "path": path }));
            }
            let request = item::at(1).tag(&tag).session(&session);
            if request.check().is_ok() {
                let told = told(request).await;
                assert_eq!((&told["tag"], &told["session"]), (&json!(tag), &json!(session)));
            }
            let request = item::at(1).x_trace(&trace);
            if request.check().is_ok() {
                assert_eq!(told(request).await["trace"], json!(trace));
            }
        });
    }
}
