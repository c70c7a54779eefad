//! Dependencies: where their parameters come from, when they run, what an app with mistakes in them reports, and what
//! tests put in their place.

#![allow(clippy::unused_async, reason = "dependencies are async whether they wait or not")]

use serde_json::{Value, json};
use ws_runtime::{
    App, Close, CloseCode, CloseError, FromHandshake, Handshake, Query, Result, Router, SocketError, State,
    TestClient, WebSocket, close_code, dependency, routes, websocket,
};
use ws_tests::{Modes, Server, Tell, ear};

#[derive(Debug, thiserror::Error, CloseError)]
enum ItemError {
    #[error("no item {0}")]
    #[close(4404)]
    Missing(u64),
}

/// What the app finds items in. It reports each look.
#[derive(Clone)]
struct Items(Tell);

#[derive(Debug, Clone)]
struct Item {
    id: u64,
}

#[dependency]
async fn load(id: u64, State(items): State<Items>) -> Result<Item, ItemError> {
    items.0.say(format!("load {id}"));
    if id > 99 { Err(ItemError::Missing(id)) } else { Ok(Item { id }) }
}

#[websocket("/items/<id>/ws")]
async fn item(#[depends(load)] item: Item, mut ws: WebSocket) -> Result {
    Ok(ws.send_text(format!("{item:?}")).await?)
}

#[tokio::test]
async fn an_item_is_loaded_or_the_connection_is_refused() {
    let (tell, mut ear) = ear();
    let modes = Modes::start(|| App::new().state(Items(tell.clone())).routes(routes![item])).await;
    assert_eq!(modes.at("/items/5/ws").await.value(), "Item { id: 5 }");
    let rejected = modes.at("/items/100/ws").await.rejected();
    assert_eq!(rejected.close.close(), (4404, "no item 100"));
    assert_eq!(ear.rest(), ["load 5", "load 5", "load 100", "load 100"], "in both modes");
    let found = modes.at("/items/x/ws").await.detail();
    assert_eq!((&found["type"], &found["loc"]), (&json!("int_parsing"), &json!(["path", "id"])));
    assert!(ear.rest().is_empty(), "it does not run without its parameters");
}

/// A page that a whole query string gives.
#[derive(serde::Deserialize)]
struct Page {
    offset: u8,
}

struct Agent(String);

impl FromHandshake for Agent {
    type Error = Close;

    async fn from_handshake(handshake: &Handshake) -> Result<Self, Close> {
        Ok(Self(handshake.header("x-agent").unwrap_or("none").to_owned()))
    }
}

async fn plain(handshake: &Handshake) -> Result<usize> {
    Ok(handshake.query_all("tag").count())
}

#[allow(clippy::unnecessary_wraps, reason = "a dependency returns a `Result`")]
#[dependency]
fn number(#[query(default = 3, le = 9)] n: u8) -> Result<u8> {
    Ok(n * 2)
}

#[allow(clippy::too_many_arguments, reason = "every kind of parameter")]
#[dependency]
async fn everything(
    #[path(ge = 1)] id: u8,
    name: String,
    #[query(name = "page-size", default = 10, le = 100)] size: u32,
    #[query] tag: Vec<u8>,
    #[cookie] session: Option<String>,
    #[header] x_trace: Option<String>,
    page: Query<Page>,
    agent: Agent,
    #[depends(number)] number: u8,
    #[depends(plain)] tags: usize,
    handshake: &Handshake,
) -> Result<String> {
    let (offset, agent, path) = (page.offset, agent.0, handshake.path("name"));
    Ok(format!(
        "{id} {name} {size} {tag:?} {session:?} {x_trace:?} {offset} {agent} {number} {tags} {path:?}"
    ))
}

#[websocket("/all/<id>/<name>")]
async fn all(#[depends(everything)] text: String, mut ws: WebSocket) -> Result {
    Ok(ws.send_text(text).await?)
}

#[tokio::test]
async fn parameters_of_every_kind_are_read() {
    let server = Server::start(App::new().routes(routes![all])).await;
    let end = server
        .at("/all/5/a%2Fb?page-size=7&tag=1&tag=2&offset=4&n=9")
        .cookie("session=s")
        .header("x-trace", "t");
    let end = end.header("x-agent", "curl").end().await;
    assert_eq!(end.messages, [r#"5 a/b 7 [1, 2] Some("s") Some("t") 4 curl 18 2 Some("a/b")"#]);
}

/// Reads what its own dependency reads, too.
#[dependency]
async fn outer(id: u8, #[query] q: u8, #[depends(inner)] inner: u8, tell: State<Tell>) -> Result<u8> {
    tell.say("outer");
    Ok(id + q + inner)
}

#[dependency]
async fn inner(#[query] q: u8, #[header] x_depth: u8, tell: State<Tell>) -> Result<u8> {
    tell.say("inner");
    Ok(q + x_depth)
}

#[websocket("/deep/<id>")]
async fn deep(
    #[query] own: u8,
    #[depends(outer)] outer: u8,
    id: u8,
    #[depends(inner)] inner: u8,
    #[cookie] last: u8,
    tell: State<Tell>,
    mut ws: WebSocket,
) -> Result {
    tell.say("endpoint");
    Ok(ws.send_text(format!("{own} {outer} {id} {inner} {last}")).await?)
}

#[tokio::test]
async fn every_mistake_is_in_one_error_before_any_dependency_runs() {
    let (tell, mut ear) = ear();
    let modes = Modes::start(|| App::new().state(tell.clone()).routes(routes![deep])).await;
    let found = modes.ask("/deep/x?own=a&q=b", |connect| connect.header("x-depth", "c")).await.details();
    let places: Vec<&Value> = found.iter().map(|detail| &detail["loc"]).collect();
    let expected = [
        json!(["query", "own"]),
        json!(["path", "id"]),
        json!(["query", "q"]),
        json!(["header", "x-depth"]),
        json!(["cookie", "last"]),
    ];
    assert_eq!(places, expected.iter().collect::<Vec<_>>(), "each once");
    assert!(ear.rest().is_empty());
}

#[tokio::test]
async fn each_function_is_called_once_for_each_handshake() {
    let (tell, mut ear) = ear();
    let server = Server::start(App::new().state(tell.clone()).routes(routes![deep])).await;
    for _ in 0..2 {
        let end = server.at("/deep/1?own=2&q=3").header("x-depth", "4").cookie("last=5").end().await;
        assert_eq!(end.messages, ["2 11 1 7 5"]);
        assert_eq!(ear.rest(), ["inner", "outer", "endpoint"]);
    }
}

#[dependency]
async fn fails(#[depends(inner)] _inner: u8) -> Result<u8, Close> {
    Err(Close::new(close_code!(4001), "not today"))
}

#[websocket("/fails")]
async fn failing(#[depends(fails)] _a: u8, #[depends(outer)] _b: u8, tell: State<Tell>, _ws: WebSocket) {
    tell.say("endpoint");
}

#[tokio::test]
async fn the_first_that_fails_stops_the_rest() {
    let (tell, mut ear) = ear();
    let server =
        Server::start(App::new().state(tell.clone()).nest("/<id>", Router::new().routes(routes![failing])))
            .await;
    let end = server.at("/1/fails?q=1").header("x-depth", "1").end().await;
    assert_eq!(end.close(), (4001, "not today"));
    assert_eq!(ear.rest(), ["inner"]);
}

/// Says so when it is dropped.
struct Watching(Tell);

impl Drop for Watching {
    fn drop(&mut self) {
        self.0.say("stopped watching");
    }
}

#[allow(clippy::unnecessary_wraps, reason = "a dependency returns a `Result`")]
#[dependency]
fn watching(State(tell): State<Tell>) -> Result<Watching> {
    tell.say("watching");
    Ok(Watching(tell))
}

#[websocket("/live")]
async fn live(#[depends(watching)] _watching: Watching, mut ws: WebSocket) -> Result<(), SocketError> {
    ws.send_text("live").await?;
    loop {
        ws.recv().await?;
    }
}

#[tokio::test]
async fn a_value_lives_until_the_connection_ends() {
    let (tell, mut ear) = ear();
    let server = Server::start(App::new().state(tell.clone()).routes(routes![live])).await;
    let mut client = server.at("/live").open().await;
    assert_eq!(client.text().await, "live");
    assert_eq!(ear.rest(), ["watching"]);
    drop(client);
    assert_eq!(ear.next().await, "stopped watching");
}

/// Its clones say so, too.
struct Counted(Tell);

impl Clone for Counted {
    fn clone(&self) -> Self {
        self.0.say("cloned");
        Self(self.0.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.say("dropped");
    }
}

#[allow(clippy::unnecessary_wraps, reason = "a dependency returns a `Result`")]
#[dependency]
fn counted(State(tell): State<Tell>) -> Result<Counted> {
    Ok(Counted(tell))
}

#[websocket("/counted")]
async fn taken_twice(
    #[depends(counted)] one: Counted,
    #[depends(counted)] other: Counted,
    tell: State<Tell>,
    _ws: WebSocket,
) {
    drop((one, other));
    tell.say("end");
}

#[tokio::test]
async fn only_the_parameters_hold_a_value() {
    let (tell, mut ear) = ear();
    let server = Server::start(App::new().state(tell.clone()).routes(routes![taken_twice])).await;
    server.at("/counted").end().await;
    assert_eq!(ear.rest(), ["cloned", "dropped", "dropped", "end"]);
}

mod circles {
    use super::{Result, WebSocket, dependency, websocket};

    #[dependency]
    pub(super) async fn one(#[depends(two)] two: u8) -> Result<u8> {
        Ok(two)
    }

    #[dependency]
    pub(super) async fn two(#[depends(one)] one: u8) -> Result<u8> {
        Ok(one)
    }

    #[websocket("/circle")]
    pub(super) async fn circle(#[depends(one)] _one: u8, _ws: WebSocket) {}
}

#[websocket("/twice")]
async fn twice(#[depends(watching)] _one: Watching, #[depends(watching)] _two: Watching, _ws: WebSocket) {}

#[websocket("/pathless")]
async fn pathless(#[depends(load)] _item: Item, _ws: WebSocket) {}

fn mistakes(app: App) -> Vec<String> {
    app.build().expect_err("it has mistakes").mistakes().collect()
}

#[test]
fn mistakes_in_dependencies_are_reported_before_anything_runs() {
    let (tell, _ear) = ear();
    let found = mistakes(App::new().state(tell.clone()).routes(routes![circles::circle]));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("dependencies go in a circle"), "{found:?}");
    assert!(
        found[0].contains("circles::one` needs `") && found[0].contains("circles::two` needs `"),
        "{found:?}"
    );

    let found = mistakes(App::new().state(tell.clone()).routes(routes![twice]));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("watching` twice") && found[0].contains("not `Clone`"), "{found:?}");

    let found = mistakes(App::new().state(Items(tell.clone())).routes(routes![pathless]));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("load` reads `<id>` from the path"), "{found:?}");

    let found = mistakes(App::new().routes(routes![item]));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("requires state of type") && found[0].contains("Items"), "{found:?}");
}

#[tokio::test]
async fn a_prefix_provides_a_path_parameter() {
    let (tell, _ear) = ear();
    let router = Router::new().routes(routes![pathless]);
    let server = Server::start(App::new().state(Items(tell)).nest("/<id>", router)).await;
    assert_eq!(server.at("/5/pathless").end().await.close(), (1000, ""));
    assert_eq!(server.at("/500/pathless").end().await.close(), (4404, "no item 500"));
}

async fn fake(_: &Handshake) -> Result<Item, Close> {
    Ok(Item { id: 77 })
}

#[dependency]
async fn fake_with_parameters(#[query] fake: u64) -> Result<Item> {
    Ok(Item { id: fake })
}

async fn three(_: &Handshake) -> Result<usize> {
    Ok(3)
}

#[websocket("/plain")]
async fn takes_plain(#[depends(plain)] count: usize, mut ws: WebSocket) -> Result {
    Ok(ws.send_text(count.to_string()).await?)
}

#[tokio::test]
async fn a_test_puts_another_function_in_the_place_of_a_dependency() {
    let (tell, mut ear) = ear();
    let app = || App::new().state(Items(tell.clone())).routes(routes![item, takes_plain, all]);
    let client = TestClient::new(app()).replace(load, fake).replace(plain, three);
    let mut ws = client.get("/items/x/ws").connect().await.unwrap();
    assert_eq!(ws.recv_text().await.unwrap(), "Item { id: 77 }", "nor are its parameters read");
    assert!(ear.rest().is_empty());
    let mut ws = client.get("/plain").connect().await.unwrap();
    assert_eq!(ws.recv_text().await.unwrap(), "3");
    let mut ws = client.get("/all/1/x?offset=1").connect().await.unwrap();
    let text = ws.recv_text().await.unwrap();
    assert!(text.contains(" 3 Some"), "within another dependency, too: {text}");

    let client = TestClient::new(app()).replace(load, fake_with_parameters);
    let mut ws = client.get("/items/5/ws").query("fake", 8).connect().await.unwrap();
    assert_eq!(ws.recv_text().await.unwrap(), "Item { id: 8 }");
    let mut ws = client.get("/items/5/ws").connect().await.unwrap();
    assert_eq!(ws.closed().await.code(), Some(1008));

    let client = TestClient::new(app()).replace(load, |_: &Handshake| async {
        Err::<Item, _>(Close::new(CloseCode::TRY_AGAIN_LATER, "later"))
    });
    let mut ws = client.get("/items/5/ws").connect().await.unwrap();
    assert_eq!(ws.closed().await.code(), Some(1013));
}

#[tokio::test]
async fn a_unit_test_calls_the_function_itself() {
    let item = load::call(5, State(Items(ear().0))).await;
    assert_eq!(item.expect("it is there").id, 5);
    assert_eq!(number::call(2).expect("it cannot fail"), 4);
}
