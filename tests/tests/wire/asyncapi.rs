//! The AsyncAPI document of an app. `tests/python/test_asyncapi.py` reads the document that is kept here with the parser of
//! AsyncAPI's own tools.

use std::{env, fs, path::Path};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use ws_runtime::{
    App, CloseError, MessagePack, Router, SocketError, TestClient, Upgrade, WebSocket, description::Info,
    routes, websocket,
};

/// The size of a drink.
#[derive(Debug, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(dead_code, reason = "it is only described")]
enum Size {
    Small,
    Large,
}

impl std::str::FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "small" { Ok(Self::Small) } else { Err(format!("{text} is no size")) }
    }
}

/// What a guest says.
#[derive(Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[schemars(example = serde_json::json!({ "type": "order", "drink": { "name": "tea", "of": [] } }))]
#[allow(dead_code, reason = "it is only described")]
enum Order {
    /// One more.
    Order { drink: Drink },
    /// No more.
    Leave,
}

/// A drink, which may be mixed.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Drink {
    #[schemars(length(min = 1))]
    name: String,
    of: Vec<Drink>,
}

mod bill {
    /// The price of a drink.
    #[derive(serde::Serialize, schemars::JsonSchema)]
    pub(super) struct Drink {
        pub(super) cents: (u32, Option<f64>),
    }
}

/// How an order ends.
#[derive(Debug, thiserror::Error, CloseError)]
#[allow(dead_code, reason = "it is only described")]
enum BarError {
    /// The bar is closed.
    #[error("closed until {0}")]
    #[close(4001)]
    Closed(u32),
    #[error(transparent)]
    #[close(transparent)]
    Socket(#[from] SocketError),
}

/// Takes orders.
///
/// One after the other.
#[websocket("/bars/<id>/<size>/ws", subprotocols = ["v2", "v1"], max_message_size = 4096)]
#[allow(clippy::too_many_arguments)]
async fn bar(
    /// The number of the bar.
    id: u64,
    size: Size,
    /// Where to sit.
    #[query(ge = 1, le = 100, default = 7)]
    seat: u32,
    #[query(pattern = "^[a-z]+$")] with: Vec<String>,
    #[query(name = "page-size")] page_size: Option<u8>,
    #[query(default = false)] outside: bool,
    /// The guest's session.
    #[cookie(secret)]
    session: String,
    #[cookie(default = "en")] language: String,
    #[header(secret, name = "x-api-key")] key: Option<String>,
    #[header] user_agent: Option<String>,
    mut ws: WebSocket<Order, bill::Drink>,
) -> Result<(), BarError> {
    let _ = (id, size, seat, with, page_size, outside, session, language, key, user_agent);
    let _ = ws.recv().await?;
    ws.send(bill::Drink { cents: (1, None) }).await?;
    Ok(())
}

#[websocket("/<rest..>")]
async fn any(rest: String, upgrade: Upgrade) -> ws_runtime::Result {
    let _ = (rest, upgrade);
    Ok(())
}

#[websocket("/packed")]
async fn packed(mut ws: WebSocket<Drink, Vec<u8>, MessagePack>) {
    let _ = ws.recv().await;
}

fn app() -> App {
    App::new()
        .info(Info::new("Bar", "1.2.3").description("Where drinks are ordered."))
        .routes(routes![bar, packed])
        .nest("/more", Router::new().routes(routes![bar, any]))
        .nest("/even/more", Router::new().routes(routes![bar]))
}

#[test]
fn the_document_is_the_one_that_is_kept() {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("asyncapi/kitchen_sink.json");
    let document = app().asyncapi().server("production", "bar.example.com", "wss").to_json() + "\n";
    if env::var_os("BLESS").is_some() {
        fs::write(&kept, &document).expect("the directory is there");
    }
    assert_eq!(fs::read_to_string(kept).unwrap_or_default(), document, "BLESS=1 accepts it");
}

#[test]
fn a_document_names_channels_and_types_apart() {
    let document = serde_json::to_value(app().asyncapi()).expect("plain data");
    assert_eq!(document["asyncapi"], "3.1.0");
    assert_eq!(
        document["info"],
        json!({ "title": "Bar", "version": "1.2.3", "description": "Where drinks are ordered." })
    );
    let addresses = |name: &str| document["channels"][name]["address"].clone();
    assert_eq!(addresses("bar"), "/bars/{id}/{size}/ws");
    assert_eq!(addresses("bar2"), "/more/bars/{id}/{size}/ws");
    assert_eq!(addresses("bar3"), "/even/more/bars/{id}/{size}/ws");
    assert_eq!(addresses("any"), "/more/{rest}");
    let schemas: Vec<_> = document["components"]["schemas"].as_object().expect("schemas").keys().collect();
    assert_eq!(schemas, ["Drink", "Drink2", "Order", "Size"]);
}

#[test]
fn operations_are_the_servers() {
    let document = serde_json::to_value(app().asyncapi()).expect("plain data");
    let receive = &document["operations"]["bar.receive"];
    assert_eq!(receive["action"], "receive");
    assert_eq!(receive["channel"], json!({ "$ref": "#/channels/bar" }));
    assert_eq!(receive["messages"], json!([{ "$ref": "#/channels/bar/messages/receive" }]));
    let bar = &document["channels"]["bar"];
    assert_eq!(bar["messages"]["receive"]["payload"], json!({ "$ref": "#/components/schemas/Order" }));
    assert_eq!(bar["messages"]["receive"]["examples"][0]["payload"]["type"], "order");
    assert_eq!(bar["messages"]["send"]["contentType"], "application/json");
    assert_eq!(document["channels"]["packed"]["messages"]["receive"]["contentType"], "application/msgpack");
    assert_eq!(document["channels"]["any"]["messages"]["send"]["payload"], json!({}));
}

#[test]
fn the_binding_has_the_query_and_the_headers() {
    let document = serde_json::to_value(app().asyncapi()).expect("plain data");
    let bar = &document["channels"]["bar"];
    let binding = &bar["bindings"]["ws"];
    assert_eq!((&binding["method"], &binding["bindingVersion"]), (&json!("GET"), &json!("0.1.0")));
    let query = &binding["query"]["properties"];
    assert_eq!(query["seat"]["default"], 7);
    assert_eq!(query["seat"]["maximum"], 100);
    assert_eq!(query["seat"]["description"], "Where to sit.");
    assert_eq!(query["with"]["items"]["pattern"], "^[a-z]+$");
    assert_eq!(query["outside"]["default"], false);
    assert_eq!(binding["query"].get("required"), None);
    assert_eq!(binding["headers"]["required"], json!(["Cookie"]));
    assert_eq!(bar["x-cookies"]["required"], json!(["session"]));
    assert_eq!(bar["x-subprotocols"], json!(["v2", "v1"]));
    assert_eq!(bar["parameters"]["id"]["description"], "The number of the bar.");
    assert_eq!(bar["parameters"]["size"]["enum"], json!(["small", "large"]));
    let codes: Vec<_> =
        bar["x-close-codes"].as_array().expect("a list").iter().map(|close| &close["code"]).collect();
    assert!(codes.contains(&&json!(4001)) && codes.contains(&&json!(1009)), "{codes:?}");
    let schemes = document["components"]["securitySchemes"].as_object().expect("schemes");
    assert_eq!(schemes.len(), 2);
    let cookie = json!({ "type": "httpApiKey", "name": "session", "in": "cookie", "description": "The guest's session." });
    assert_eq!(schemes["cookie_session"], cookie);
    assert_eq!(
        document["operations"]["bar.send"]["security"][0]["$ref"],
        "#/components/securitySchemes/cookie_session"
    );
}

#[tokio::test]
async fn a_document_is_served_where_the_app_asks_for_it() {
    let expected = app().asyncapi().to_json();
    let client = TestClient::new(app().asyncapi_at("/asyncapi.json"));
    let answer = client.get("/asyncapi.json").await.expect("an answer");
    assert_eq!((answer.status.as_u16(), answer.text()), (200, expected));
    assert_eq!(answer.headers["content-type"], "application/json");
    assert_eq!(TestClient::new(app()).get("/asyncapi.json").await.expect("an answer").status.as_u16(), 404);
}

#[test]
fn a_path_of_a_document_is_static_and_free() {
    for (path, help) in [
        ("asyncapi.json", "must start with `/`"),
        ("/<id>.json", "must be static"),
        ("/a b", "is not a path"),
        ("/packed", "that of"),
        ("/healthz", "health"),
    ] {
        let error = app().health("/healthz").asyncapi_at(path).build().expect_err(path).to_string();
        assert!(error.contains(path) && error.contains(help) && error.contains("asyncapi"), "{error}");
    }
}
