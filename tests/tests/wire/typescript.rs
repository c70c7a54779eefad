//! The TypeScript client of an app. `tests/python/test_typescript.py` compiles the client that is kept here, and runs that of
//! the program `scripted`.

use std::{
    collections::{BTreeMap, HashMap},
    env, fs,
    path::Path,
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ws_runtime::{
    App, BearerToken, CloseError, Json, Message, MessagePack, Query, Router, SocketError, Upgrade, WebSocket,
    description::Info, rooms::Tracked, routes, websocket,
};

/// How large a thing is. */ This does not end the comment.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Size {
    /// Not large.
    Small,
    ExtraLarge,
}

impl std::str::FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "small" { Ok(Self::Small) } else { Err(format!("{text} is no size")) }
    }
}

/// Tagged externally.
#[derive(Serialize, Deserialize, JsonSchema)]
enum External {
    Unit,
    /// A value.
    Newtype(Size),
    Tuple(u8, String),
    Empty(),
    Struct {
        id: u32,
        of: Option<Box<External>>,
    },
}

/// Tagged internally.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case", rename_all_fields = "camelCase")]
enum Internal {
    Leave,
    SetSize { new_size: Size },
    Newtype(Named),
}

/// Tagged adjacently.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", content = "content")]
enum Adjacent {
    Unit,
    Newtype(Vec<Size>),
    Tuple(bool, f64),
    Struct { name: String },
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Untagged {
    Number(i64),
    Text(String),
    List(Vec<Untagged>),
    Struct { named: Named },
    Nothing,
}

/// A name.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Named {
    name: String,
    #[serde(default)]
    nick_name: Option<String>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Strict {}

/// A tree whose nodes are maps.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Tree(BTreeMap<String, Tree>);

#[derive(Serialize, Deserialize, JsonSchema)]
struct Page<T> {
    items: Vec<T>,
    next: Option<u64>,
}

/// Named like a type of JavaScript.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Promise {
    then: (),
}

/// Named like a type that the client declares for the endpoint `kitchen`.
#[derive(Serialize, Deserialize, JsonSchema)]
struct KitchenParams {
    own: bool,
}

/// Everything that a message may consist of.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Kitchen {
    external: External,
    internal: Option<Internal>,
    adjacent: Vec<Adjacent>,
    untagged: Vec<Untagged>,
    sizes: Vec<Option<Size>>,
    by_number: HashMap<u32, Named>,
    by_size: BTreeMap<String, Option<Size>>,
    pair: (u64, Option<String>),
    pairs: Vec<(i32, (bool,))>,
    matrix: [[f32; 2]; 2],
    bytes: [u8; 32],
    unit: (),
    strict: Strict,
    tree: Tree,
    #[serde(rename = "with-dash \"and\" quotes")]
    with_dash: char,
    any: serde_json::Value,
    big: u128,
    page: Page<Named>,
    other_page: Page<KitchenParams>,
    promise: Promise,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    absent: Option<bool>,
    result: Result<u8, String>,
    #[serde(flatten)]
    named: Named,
    #[serde(flatten)]
    adjacent_in_line: Adjacent,
}

/// Only itself, or nothing: TypeScript has no type that begins with itself.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Wrapped(Option<Box<Wrapped>>);

/// Nothing is a value of it.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Endless(Box<Endless>);

/// Begins with a type that begins with this one.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Egg {
    Laid(Box<Hen>),
    Painted(String),
    Nest(Vec<Egg>),
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Hen {
    Hatched(Box<Egg>),
    Bought { cents: u32, with: Option<Box<Hen>> },
}

/// Arrays and fields may have the type that they are in.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Nested(Vec<Nested>);

/// Named like a type of JavaScript that the client does not name.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Event {
    Wrapped { of: Wrapped, none: Option<Endless> },
    Egg { egg: Egg, hen: Hen },
    Nested { of: Nested },
}

/// Has more fields than it names.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Open {
    id: u32,
    #[serde(flatten)]
    more: HashMap<String, String>,
}

/// The query of `searched`.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[allow(dead_code)] // It is only described.
struct Search {
    /// What to look for.
    full_text: String,
    #[serde(default)]
    page_size: Option<u32>,
    #[serde(default)]
    sizes: Vec<Size>,
    id: Option<u64>,
    #[serde(default)]
    external: Option<External>,
    #[serde(rename = "größe")]
    accented: Option<bool>,
}

/// How `kitchen` fails.
#[derive(Debug, thiserror::Error, CloseError)]
#[allow(dead_code)] // It is only described.
enum KitchenError {
    /// The kitchen is "closed".
    #[error("closed until {0}")]
    #[close(4001)]
    Closed(u32),
    #[error("try again")]
    #[close(1013)]
    Busy,
    #[error(transparent)]
    #[close(transparent)]
    Socket(#[from] SocketError),
}

/// Cooks.
#[websocket("/kitchens/<id>/<size>/ws", subprotocols = ["v2", "v1"])]
#[allow(clippy::too_many_arguments)]
async fn kitchen(
    /// The number of the kitchen.
    id: u64,
    size: Size,
    #[query(default = 7)] seat: u32,
    #[query(name = "with-size")] with_size: Vec<Size>,
    #[query] ids: Vec<i64>,
    #[query] r#type: Option<String>,
    #[cookie(secret)] session: String,
    #[header] user_agent: Option<String>,
    mut ws: WebSocket<Kitchen, Internal>,
) -> Result<(), KitchenError> {
    let _ = (id, size, seat, with_size, ids, r#type, session, user_agent);
    let _ = ws.recv().await?;
    Ok(())
}

#[websocket("/files$*/<owner>/<rest..>")]
async fn files(owner: String, rest: Vec<String>, upgrade: Upgrade) -> ws_runtime::Result {
    let _ = (owner, rest, upgrade);
    Ok(())
}

#[websocket("/searched/<id>")]
async fn searched(id: u32, search: Query<Search>, mut ws: WebSocket<Open, Page<Open>>) {
    let _ = (id, search, ws.recv().await);
}

#[websocket("/packed")]
async fn packed(mut ws: WebSocket<Named, Vec<u8>, MessagePack>) {
    let _ = ws.recv().await;
}

/// The server sends JSON, and reads what it gets.
#[websocket("/mixed")]
async fn mixed(mut ws: WebSocket<Message, Named, Json>) {
    let _ = ws.recv().await;
}

/// Tells positions.
#[websocket("/followed")]
async fn followed(
    token: BearerToken,
    since: Query<HashMap<String, String>>,
    mut ws: WebSocket<Event, Tracked<Event>>,
) -> ws_runtime::Result {
    let _ = (token, since, ws.recv().await?);
    Ok(())
}

/// Tells positions of messages that say nothing of themselves.
#[websocket("/followed/blindly")]
async fn followed_blindly(mut ws: WebSocket<Unknown, Tracked<Unknown>>) {
    let _ = ws.recv().await;
}

#[derive(Serialize, Deserialize)]
struct Unknown;

#[websocket("/untyped")]
async fn untyped(mut ws: WebSocket) {
    let _ = ws.recv().await;
}

fn app() -> App {
    App::new()
        .info(Info::new("The\nkitchen", "1.2.3"))
        .routes(routes![kitchen, files, searched, packed, mixed, followed, followed_blindly, untyped])
        .nest("/more", Router::new().routes(routes![kitchen]))
}

#[test]
fn the_client_is_the_one_that_is_kept() {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("typescript/kitchen_sink.ts");
    let client = app().typescript();
    if env::var_os("BLESS").is_some() {
        fs::write(&kept, &client).expect("the directory is there");
    }
    assert!(fs::read_to_string(kept).unwrap_or_default() == client, "it is another one; BLESS=1 accepts it");
}

#[test]
fn names_are_told_apart() {
    let client = app().typescript();
    for declaration in [
        "export type KitchenParams = {",
        "export interface Kitchen2Params {",
        "export function connectKitchen2(params: Kitchen2Params, ",
        "export function connectKitchen3(params: Kitchen3Params, ",
        "export type Promise2 = {",
        // A parameter of the path and a field of the query.
        "export interface SearchedParams {\n  id: number;\n",
        "  id2?: number | bigint;\n",
    ] {
        assert_eq!(client.matches(declaration).count(), 1, "{declaration}");
    }
}

#[test]
fn a_message_is_json_in_the_direction_that_has_a_type() {
    let client = app().typescript();
    let (_, mixed) = client.split_once("export function connectMixed(").expect("it is there");
    let (mixed, _) = mixed.split_once("\n}\n").expect("it ends");
    assert!(mixed.contains("receivesJson: true") && mixed.contains("sendsJson: false"), "{mixed}");
}

#[test]
fn what_all_clients_share_is_short() {
    let lines = App::new().typescript().lines().skip_while(|line| line.starts_with("//")).count();
    assert!((100..=201).contains(&lines), "{lines} lines");
}

#[test]
fn a_tracked_message_is_taken_from_its_envelope() {
    let app = app();
    let description = app.describe();
    let [followed, mixed] = ["followed", "mixed"].map(|name| {
        let endpoint = description.endpoints.iter().find(|endpoint| endpoint.name == name);
        endpoint.expect("it is there").sends.clone()
    });
    assert!(followed.tracked && !mixed.tracked);
    assert_eq!(followed.type_name.as_deref(), Some("Tracked<Event>"));
    assert!(followed.schema.to_string().contains("other_epoch"), "{}", followed.schema);
    let client = app.typescript();
    assert!(client.contains("export type FollowedIncoming = Event2;") && !client.contains("TrackedEvent"));
    assert!(client.contains("export type FollowedBlindlyIncoming = unknown;"));
}
