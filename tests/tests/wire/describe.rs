//! What an app says of its endpoints.

use std::time::Duration;

use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use ws_runtime::{
    App, Close, CloseCode, CloseError, Closes, Compression, ErrorContext, FromHandshake, FromText, Handshake,
    MessagePack, Origins, Query, RateLimit, Rejection, Router, SocketError, State, Upgrade, Valid, WebSocket,
    close_code,
    description::{
        CloseDescription, CloseOrigin, Codec, EndpointDescription, ParameterDescription, ReasonDescription,
        Shape, Source,
    },
    on_error, routes, websocket,
};

const PAGE: u32 = 20;
const DARK: Theme = Theme::Dark;

/// A type without a schema and without `Display`.
#[derive(Debug, Clone, Copy)]
enum Theme {
    Dark,
}

impl std::str::FromStr for Theme {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "dark" { Ok(Self::Dark) } else { Err(format!("{text} is no theme")) }
    }
}

/// How a `search` fails.
#[derive(Debug, thiserror::Error, CloseError)]
#[allow(dead_code, reason = "it is only described")]
enum SearchError {
    /// Nobody is signed in.
    #[error("no session")]
    #[close(1008)]
    NoSession,
    /// The item was sold,
    /// or never existed.
    #[error("item {0} is gone")]
    #[close(4004, status = 410)]
    Gone(u64),
    #[error("{{}} is no filter")]
    #[close(4005)]
    Braces,
    #[error("what happened: {0}")]
    #[close(4006, reason = "try later")]
    Later(String),
    #[error("disk")]
    #[close(1011)]
    Disk(std::io::Error),
    #[error(transparent)]
    #[close(transparent)]
    Socket(#[from] SocketError),
    #[error(transparent)]
    #[close(transparent)]
    Handled(#[from] Handled),
    #[error(transparent)]
    #[close(transparent)]
    Recursive(Box<Recursive>),
}

/// An error that contains one that contains it.
#[derive(Debug, thiserror::Error)]
#[error("again")]
struct Recursive;

impl CloseError for Box<Recursive> {
    fn close(&self) -> Close {
        Close::new(close_code!(4010), "again")
    }

    fn closes(closes: &mut Closes) {
        closes.push(CloseDescription::new(close_code!(4010)).reason("again"));
        closes.of::<SearchError>();
    }
}

#[derive(Debug, thiserror::Error)]
#[error("handled")]
struct Handled;

#[on_error(Handled, closes = [4001, 4002])]
async fn handled(_: Handled, _: ErrorContext) -> Close {
    Close::new(close_code!(4001), "")
}

type Page = Option<u32>;

/// Searches the items.
///
/// ```text
///     indented
/// ```
#[doc = concat!("By ", "name.")]
#[websocket(
    "/search/<kind>/<rest..>",
    subprotocols = ["v2", "v1"],
    origins = ["https://*.Example.com", "http://localhost:*"],
    hosts = ["example.com:*"],
    before_accept = [signed_in],
    idle_timeout = Duration::from_mins(1),
    max_message_size = 2048,
    max_frame_size = 1024,
    compression = Compression::deflate(),
    rate_limit = RateLimit::new(const { std::num::NonZeroU32::new(10).unwrap() }, Duration::from_secs(2)),
)]
#[allow(clippy::too_many_arguments)]
async fn search(
    /// The kind of item.
    kind: String,
    rest: Vec<String>,
    #[query(name = "page-size", ge = 1, le = 100, multiple_of = 5, default = PAGE)] page_size: u32,
    #[query(gt = -1.5, lt = 2.0)] price: Vec<f64>,
    /// What to look for.
    ///
    /// In any case.
    #[query(min_length = 2, max_length = 50, pattern = "^[a-z]+$")]
    r#type: Option<String>,
    #[query] page: Page,
    #[cookie(secret)] session: String,
    #[cookie(default = "light")] language: String,
    #[cookie(default = DARK)] theme: Theme,
    #[header(secret, default = String::from("none"))] authorization: String,
    #[header] x_request_id: Option<uuid::Uuid>,
    #[depends(user)] _user: User,
    token: Token,
    _db: State<u8>,
    upgrade: Upgrade,
) -> Result<(), SearchError> {
    let _ =
        (kind, rest, page_size, price, r#type, page, session, language, theme, authorization, x_request_id);
    let _ = (token, upgrade);
    Ok(())
}

struct User;

async fn user(_: &Handshake) -> Result<User, SearchError> {
    Err(SearchError::NoSession)
}

#[derive(Debug, thiserror::Error, CloseError)]
#[error("sign in first")]
#[close(3000)]
/// Sign in first.
struct NotSignedIn;

async fn signed_in(_: &Handshake) -> Result<(), NotSignedIn> {
    Err(NotSignedIn)
}

struct Token;

impl FromHandshake for Token {
    type Error = Close;

    async fn from_handshake(_: &Handshake) -> Result<Self, Close> {
        Ok(Self)
    }
}

fn endpoint(app: &App, name: &str) -> EndpointDescription {
    app.describe().endpoints.into_iter().find(|endpoint| endpoint.name == name).expect("it is mounted")
}

fn parameter(endpoint: &EndpointDescription, name: &str) -> ParameterDescription {
    endpoint.parameters.iter().find(|parameter| parameter.name == name).expect("it is a parameter").clone()
}

fn closes(endpoint: &EndpointDescription, code: u16) -> Vec<&CloseDescription> {
    endpoint.closes.iter().filter(|close| close.code.is_some_and(|known| known.as_u16() == code)).collect()
}

fn app() -> App {
    App::new().routes(routes![search])
}

#[test]
fn an_endpoint_says_what_its_attribute_and_its_signature_say() {
    let search = endpoint(
        &App::new().nest("/api", Router::new().nest("/v1", Router::new().routes(routes![search]))),
        "search",
    );
    assert_eq!(search.path, "/api/v1/search/<kind>/<rest..>");
    assert_eq!(search.docs, "Searches the items.\n\n```text\n    indented\n```\nBy name.");
    assert!(search.module.ends_with("describe") && search.file.ends_with("describe.rs") && search.line > 80);
    assert_eq!(search.subprotocols, ["v2", "v1"]);
    let options = &search.options;
    assert_eq!((options.max_message_size, options.max_frame_size), (2048, 1024));
    assert_eq!(options.origins, ["https://*.example.com", "http://localhost:*"]);
    assert_eq!(options.hosts, Some(vec!["example.com:*".to_owned()]));
    assert_eq!((options.rejection, options.idle_timeout, options.compression), ("close", Some(60.0), true));
    let limit = options.rate_limit.as_ref().expect("it is set");
    assert_eq!((limit.messages, limit.per, limit.burst), (10, 2.0, 10));
}

#[test]
fn a_parameter_says_what_it_is() {
    let search = endpoint(&app(), "search");
    let names: Vec<_> = search.parameters.iter().map(|parameter| parameter.wire_name.as_str()).collect();
    let expected = [
        "kind",
        "rest",
        "page-size",
        "price",
        "type",
        "page",
        "session",
        "language",
        "theme",
        "authorization",
        "x-request-id",
    ];
    assert_eq!(names, expected);
    let shapes = |name: &str| {
        let parameter = parameter(&search, name);
        (parameter.source, parameter.shape, parameter.required)
    };
    assert_eq!(shapes("kind"), (Source::Path, Shape::One, true));
    assert_eq!(shapes("rest"), (Source::Rest, Shape::Many, false));
    assert_eq!(shapes("page_size"), (Source::Query, Shape::One, false));
    assert_eq!(shapes("price"), (Source::Query, Shape::Many, false));
    assert_eq!(shapes("page"), (Source::Query, Shape::Optional, false));
    assert_eq!(shapes("session"), (Source::Cookie, Shape::One, true));
    assert_eq!(shapes("x_request_id"), (Source::Header, Shape::Optional, false));
    assert_eq!(parameter(&search, "kind").docs, "The kind of item.");
    assert_eq!(parameter(&search, "type").docs, "What to look for.\n\nIn any case.");
    let secrets = |name: &str| {
        let parameter = parameter(&search, name);
        (parameter.secret, parameter.credential)
    };
    assert_eq!(secrets("session"), (true, true));
    assert_eq!(secrets("language"), (true, false));
    assert_eq!(secrets("authorization"), (true, true));
    assert_eq!(secrets("x_request_id"), (false, false));
    let defaults = |name: &str| {
        let parameter = parameter(&search, name);
        (parameter.default, parameter.default_is_computed)
    };
    assert_eq!(defaults("page_size"), (Some("20".to_owned()), false));
    assert_eq!(defaults("language"), (Some("light".to_owned()), false));
    assert_eq!(defaults("theme"), (Some("DARK".to_owned()), true));
    assert_eq!(defaults("authorization"), (Some(r#"String::from("none")"#.to_owned()), true));
    assert_eq!(defaults("session"), (None, false));
}

#[test]
fn constraints_are_data_and_keywords_of_the_schema() {
    let search = endpoint(&app(), "search");
    let data = |name: &str| serde_json::to_value(parameter(&search, name).constraints).expect("plain data");
    assert_eq!(data("page_size"), json!({ "ge": 1, "le": 100, "multiple_of": 5 }));
    assert_eq!(data("price"), json!({ "gt": -1.5, "lt": 2 }));
    assert_eq!(data("type"), json!({ "min_length": 2, "max_length": 50, "pattern": "^[a-z]+$" }));
    assert!(parameter(&search, "page").constraints.is_empty());
    let schema = |name: &str| parameter(&search, name).schema;
    let expected =
        json!({ "type": "integer", "format": "uint32", "minimum": 1, "maximum": 100, "multipleOf": 5 });
    assert_eq!(schema("page_size"), expected);
    assert_eq!(schema("price")["exclusiveMinimum"], json!(-1.5));
    assert_eq!(schema("price")["type"], json!("number"));
    assert_eq!(
        schema("type"),
        json!({ "type": "string", "minLength": 2, "maxLength": 50, "pattern": "^[a-z]+$" })
    );
    assert_eq!(schema("page")["format"], json!("uint32"));
    assert_eq!(schema("theme"), json!({ "type": "string" }));
    assert_eq!(schema("x_request_id"), json!({ "type": "string", "format": "uuid" }));
}

#[test]
fn closes_are_those_of_the_error_types_and_of_the_runtime() {
    let search = endpoint(&app(), "search");
    let one = |code| match closes(&search, code)[..] {
        [close] => close,
        ref several => panic!("{code}: {several:#?}"),
    };
    let text = |text: &str| ReasonDescription::Text(text.to_owned());
    let variant =
        |name: &str| CloseOrigin::Error { name: "SearchError".to_owned(), variant: Some(name.to_owned()) };
    assert_eq!(one(4004).reason, ReasonDescription::Template("item {0} is gone".to_owned()));
    assert_eq!(one(4004).docs, "The item was sold,\nor never existed.");
    assert_eq!(one(4004).origin, variant("Gone"));
    assert_eq!(one(4005).reason, text("{} is no filter"));
    assert_eq!(one(4006).reason, text("try later"));
    assert_eq!(one(3000).docs, "Sign in first.");
    assert_eq!((one(3000).before_accept, one(3000).after_accept), (true, false));
    // The endpoint accepts by itself, so its error may come before.
    assert_eq!((one(4004).before_accept, one(4004).after_accept), (true, true));
    for code in [4001, 4002] {
        assert_eq!(one(code).origin, CloseOrigin::Error { name: "Handled".to_owned(), variant: None });
        assert_eq!(one(code).reason, ReasonDescription::RunTime);
    }
    assert_eq!(one(4010).reason, text("again"));
    let reasons =
        |code| closes(&search, code).iter().map(|close| close.reason.to_string()).collect::<Vec<_>>();
    assert_eq!(reasons(1000), ["inactivity timeout", ""]);
    assert_eq!(reasons(1001), ["server shutting down"]);
    assert_eq!(reasons(1003), ["expected a text message", "expected a binary message"]);
    let mut policy = reasons(1008);
    policy.sort();
    assert_eq!(policy, ["decided at run time", "no session", "rate limit exceeded"]);
    assert!(closes(&search, 1008).iter().any(|close| close.origin == CloseOrigin::Validation));
    assert_eq!(reasons(1009), ["message over 2048 bytes", "message over 1024 bytes"]);
    assert!(reasons(1011).contains(&"keepalive ping timeout".to_owned()));
    assert!(closes(&search, 1011).iter().any(|close| close.origin == variant("Disk")));
    assert_eq!(reasons(1013), ["timed out before accept", "too slow"]);
    // A `Close` as the error of `Token`.
    let unknown = search.closes.iter().filter(|close| close.code.is_none()).collect::<Vec<_>>();
    assert_eq!(unknown.len(), 1, "{unknown:#?}");
    assert_eq!(unknown[0].origin, CloseOrigin::Error { name: "Close".to_owned(), variant: None });
    assert!(search.closes.iter().all(|close| close.status.is_none()));
}

#[test]
fn what_a_handler_decides_is_decided_at_run_time() {
    let app = App::new()
        .nest(
            "/a",
            Router::new()
                .routes(routes![search])
                .on_error(async |_: SearchError, _: ErrorContext| Close::from(CloseCode::NORMAL_CLOSURE)),
        )
        .rejection(Rejection::Http);
    let search = endpoint(&app, "search");
    assert!(closes(&search, 4004).is_empty());
    let handler = CloseOrigin::Handler { error: "SearchError".to_owned() };
    assert!(search.closes.iter().any(|close| close.code.is_none() && close.origin == handler));
    // Inner errors are dispatched by their own type.
    assert_eq!(closes(&search, 4001).len(), 1);
    let validation =
        search.closes.iter().find(|close| close.origin == CloseOrigin::Validation).expect("it reads text");
    assert_eq!(validation.status, Some(422));
    assert_eq!(closes(&search, 3000)[0].status, Some(401));
    assert_eq!(closes(&search, 1009)[0].status, None);
}

#[test]
fn a_catch_all_decides_all_errors() {
    let app =
        app().on_error(async |_: ws_runtime::Error, _: ErrorContext| Close::from(CloseCode::NORMAL_CLOSURE));
    let search = endpoint(&app, "search");
    let is_error = |close: &&CloseDescription| {
        matches!(close.origin, CloseOrigin::Error { .. } | CloseOrigin::Validation)
    };
    assert_eq!(search.closes.iter().filter(is_error).count(), 0);
    assert_eq!(closes(&search, 1009).len(), 2);
}

/// What a client says.
#[derive(Deserialize, JsonSchema, Validate)]
struct Say {
    /// The words.
    #[garde(length(chars, min = 1, max = 200))]
    text: String,
    #[garde(skip)]
    after: Option<Box<Reply>>,
}

#[derive(Serialize, Deserialize, JsonSchema, Validate)]
struct Reply {
    #[garde(skip)]
    replies: Vec<Reply>,
}

mod other {
    /// Another `Reply`.
    #[derive(serde::Serialize, schemars::JsonSchema)]
    pub(super) struct Reply {
        pub(super) of: u64,
    }
}

struct Mine;

impl JsonSchema for Mine {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Reply".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "boolean" })
    }
}

impl<'de> Deserialize<'de> for Mine {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        bool::deserialize(deserializer).map(|_| Self)
    }
}

type Chat = WebSocket<Valid<Say>, other::Reply>;

#[websocket("/chat")]
async fn chat(mut ws: Chat) -> ws_runtime::Result {
    let say = ws.recv().await?;
    ws.send(other::Reply {
        of: u64::from(say.text.is_empty())
            + say.after.iter().map(|reply| reply.replies.len() as u64).sum::<u64>(),
    })
    .await?;
    Ok(())
}

#[websocket("/mine")]
async fn mine(mut ws: WebSocket<Mine, Reply, MessagePack>) {
    let _ = ws.recv().await;
}

#[derive(Deserialize)]
struct Unknown;

#[websocket("/unknown")]
async fn unknown(mut ws: WebSocket<Unknown, String>) -> Close {
    let _ = ws.recv().await;
    Close::from(CloseCode::NORMAL_CLOSURE)
}

#[derive(Deserialize, JsonSchema)]
struct Filter {
    /// Where to begin.
    #[serde(default)]
    offset: u64,
    #[serde(rename = "q")]
    query: Option<String>,
    #[schemars(length(min = 2))]
    name: String,
    tags: Vec<String>,
    order: Option<Order>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Order {
    Up,
    Down,
}

#[websocket("/filtered")]
async fn filtered(filter: Query<Filter>, mut ws: WebSocket) {
    let Filter { offset, query, name, tags, order } = filter.0;
    let _ = (offset, query, name, tags, matches!(order, Some(Order::Up | Order::Down)));
    let _ = ws.recv().await;
}

#[derive(Deserialize)]
struct Unlisted {
    a: u8,
}

#[websocket("/unlisted")]
async fn unlisted(filter: Query<Unlisted>, mut ws: WebSocket) {
    let _ = filter.a;
    let _ = ws.recv().await;
}

fn definition<'a>(schemas: &'a std::collections::BTreeMap<String, Value>, schema: &Value) -> &'a Value {
    let reference = schema["$ref"].as_str().unwrap_or_else(|| panic!("{schema} is no reference"));
    &schemas[reference.strip_prefix("#/components/schemas/").expect("a definition")]
}

#[test]
fn messages_have_the_schemas_of_their_types() {
    let description = App::new().routes(routes![chat, mine, unknown, search]).describe();
    let schemas = &description.schemas;
    let [chat, mine, unknown, search] = &description.endpoints[..] else { panic!("four endpoints") };
    assert_eq!((&chat.receives.codec, chat.receives.text, chat.receives.binary), (&Codec::Json, true, false));
    let say = definition(schemas, &chat.receives.schema);
    assert_eq!(say["description"], "What a client says.");
    assert_eq!(say["properties"]["text"]["description"], "The words.");
    // The rules of garde.
    assert_eq!(
        (&say["properties"]["text"]["minLength"], &say["properties"]["text"]["maxLength"]),
        (&json!(1), &json!(200))
    );
    // Three types of one name, and one that contains itself.
    let recursive = definition(schemas, &say["properties"]["after"]["anyOf"][0]);
    assert_eq!(definition(schemas, &recursive["properties"]["replies"]["items"]), recursive);
    let other = definition(schemas, &chat.sends.schema);
    assert_eq!(other["description"], "Another `Reply`.");
    assert_eq!(definition(schemas, &mine.receives.schema), &json!({ "type": "boolean" }));
    assert_eq!(definition(schemas, &mine.sends.schema), recursive);
    let names: Vec<_> = schemas.keys().map(String::as_str).collect();
    assert_eq!(names, ["Reply", "Reply2", "Reply3", "Say"]);
    assert_eq!(
        (&mine.receives.codec, mine.receives.text, mine.receives.binary),
        (&Codec::MessagePack, false, true)
    );
    assert_eq!(
        (&unknown.receives.schema, unknown.receives.type_name.as_deref()),
        (&Value::Bool(true), Some("Unknown"))
    );
    assert_eq!(unknown.sends.schema, json!({ "type": "string" }));
    assert_eq!(
        (&search.receives.codec, search.receives.text, search.receives.binary),
        (&Codec::Plain, true, true)
    );
}

#[test]
fn closes_follow_from_what_the_endpoint_can_do() {
    let app = App::new().routes(routes![chat, mine, unknown, filtered]);
    let chat = endpoint(&app, "chat");
    assert_eq!(
        closes(&chat, 1003).iter().map(|close| close.reason.to_string()).collect::<Vec<_>>(),
        ["expected a text message"]
    );
    // `Error` hides what it is, and what `?` of a receive makes of a message is known.
    assert!(closes(&chat, 1007).iter().any(|close| close.origin.text() == "InvalidMessage"));
    assert!(chat.closes.iter().any(|close| close.code.is_none() && close.origin.text() == "Error"));
    assert!(closes(&chat, 1008).is_empty());
    // It returns no error.
    let mine = endpoint(&app, "mine");
    assert!(closes(&mine, 1003).is_empty() && mine.closes.iter().all(|close| close.code.is_some()));
    let unknown = endpoint(&app, "unknown");
    assert!(unknown.closes.iter().any(|close| close.code.is_none() && close.origin == CloseOrigin::Endpoint));
    assert!(closes(&unknown, 1000).is_empty());
    assert_eq!(closes(&endpoint(&app, "filtered"), 1008)[0].origin, CloseOrigin::Validation);
    let quiet = App::new()
        .routes(routes![mine])
        .ping_interval(None)
        .shutdown_close(close_code!(4100))
        .origins(Origins::any());
    let mine = endpoint(&quiet, "mine");
    assert!(closes(&mine, 1011).iter().all(|close| close.reason.to_string() == "internal server error"));
    assert_eq!((closes(&mine, 4100).len(), closes(&mine, 1001).len()), (1, 0));
    assert_eq!(mine.options.origins, ["*"]);
}

#[test]
fn a_whole_query_is_listed_by_its_fields() {
    let app = App::new().routes(routes![filtered, unlisted]);
    let filtered = endpoint(&app, "filtered");
    assert!(!filtered.has_unlisted_query);
    let data = |name: &str| {
        let parameter = parameter(&filtered, name);
        (parameter.shape, parameter.required, parameter.default)
    };
    assert_eq!(data("offset"), (Shape::One, false, Some("0".to_owned())));
    assert_eq!(data("q"), (Shape::Optional, false, None));
    assert_eq!(data("name"), (Shape::One, true, None));
    assert_eq!(data("tags"), (Shape::Many, true, None));
    assert_eq!(data("order").0, Shape::Optional);
    assert_eq!(parameter(&filtered, "offset").docs, "Where to begin.");
    assert_eq!(parameter(&filtered, "name").constraints.min_length, Some(2));
    let unlisted = endpoint(&app, "unlisted");
    assert!(unlisted.has_unlisted_query && unlisted.parameters.is_empty());
    assert_eq!(closes(&unlisted, 1008)[0].origin, CloseOrigin::Validation);
}

#[test]
fn a_description_is_plain_data() {
    let description = app().describe();
    let value = serde_json::to_value(&description).expect("plain data");
    let search = &value["endpoints"][0];
    assert_eq!(search["parameters"][2]["source"], "query");
    assert_eq!(search["parameters"][5]["shape"], "optional");
    assert_eq!(search["receives"]["codec"], "plain");
    assert_eq!(search["closes"][0]["code"], 1000);
    assert_eq!(description.clone(), description);
}

/// The tenant's user.
#[derive(Clone)]
struct Member;

#[ws_runtime::dependency]
async fn member(
    /// Whose data it is.
    tenant: String,
    #[header(secret)] x_key: String,
    #[depends(verbose)] _verbose: bool,
) -> Result<Member, NotSignedIn> {
    let _ = (tenant, x_key);
    Ok(Member)
}

#[allow(clippy::unnecessary_wraps, reason = "a dependency returns a `Result`")]
#[ws_runtime::dependency]
fn verbose(
    #[query(default = false)] verbose: bool,
    db: State<u8>,
    token: ws_runtime::BearerToken,
) -> ws_runtime::Result<bool> {
    let _ = (db, token);
    Ok(verbose)
}

#[websocket("/", on_error = async |_: NotSignedIn, _: ErrorContext| Close::from(CloseCode::NORMAL_CLOSURE))]
async fn of_tenant(
    #[depends(member)] _member: Member,
    #[depends(verbose)] _verbose: bool,
    token: ws_runtime::BearerToken,
    mut ws: WebSocket,
) {
    let _ = token;
    let _ = ws.recv().await;
}

#[test]
fn what_dependencies_and_prefixes_read_is_listed_once() {
    let app =
        App::new().state(1_u8).nest("/tenants/<tenant>/<other>", Router::new().routes(routes![of_tenant]));
    let of_tenant = endpoint(&app, "of_tenant");
    assert_eq!(of_tenant.path, "/tenants/<tenant>/<other>");
    let mut names: Vec<_> =
        of_tenant.parameters.iter().map(|parameter| (parameter.source, &*parameter.wire_name)).collect();
    names.sort_by_key(|(_, name)| *name);
    let expected = [
        (Source::Header, "authorization"),
        (Source::Path, "other"),
        (Source::Path, "tenant"),
        (Source::Query, "verbose"),
        (Source::Header, "x-key"),
    ];
    assert_eq!(names, expected);
    assert_eq!(parameter(&of_tenant, "tenant").docs, "Whose data it is.");
    assert!(parameter(&of_tenant, "x_key").credential && !parameter(&of_tenant, "authorization").required);
    // The endpoint's own handler decides.
    assert!(
        of_tenant
            .closes
            .iter()
            .any(|close| close.origin == CloseOrigin::Handler { error: "NotSignedIn".to_owned() })
    );
    assert!(closes(&of_tenant, 3000).is_empty());
    assert!(closes(&of_tenant, 1008).iter().any(|close| close.origin.text() == "NoBearerToken"));
}

mod shared {
    use super::{Say, WebSocket};

    /// Agreed on.
    #[ws_runtime::contract("/agreed/<id>")]
    pub(super) async fn agreed(
        /// The number.
        id: u64,
        #[query(required)] tags: Vec<String>,
        ws: WebSocket<Say, String>,
    );
}

#[websocket(shared::agreed(id, tags))]
async fn kept(
    id: u64,
    tags: Vec<String>,
    #[depends(user)] _user: User,
    ws: WebSocket<Say, String>,
) -> Result<(), SearchError> {
    let _ = (id, tags, ws);
    Ok(())
}

#[test]
fn a_contract_describes_the_endpoint_that_implements_it() {
    let kept = endpoint(&App::new().routes(routes![kept]), "kept");
    assert_eq!((kept.path.as_str(), kept.docs.as_str()), ("/agreed/<id>", "Agreed on."));
    assert_eq!(parameter(&kept, "id").docs, "The number.");
    let tags = parameter(&kept, "tags");
    assert_eq!((tags.shape, tags.required), (Shape::Many, true));
    assert_eq!(kept.receives.type_name.as_deref(), Some("Say"));
    assert_eq!(closes(&kept, 4004).len(), 1);
}

#[derive(Debug, Clone, FromText, JsonSchema)]
#[from_text(rename_all = "kebab-case")]
#[allow(dead_code, reason = "only its names matter")]
enum View {
    All,
    BidsOnly,
    #[from_text(rename = "mine", alias = "own")]
    OfMine,
}

#[websocket("/words/<view>")]
async fn words(
    view: View,
    #[query(default = View::All)] shown: View,
    #[query] others: Vec<View>,
    #[query] maybe: Option<View>,
    _ws: WebSocket,
) {
    let _ = (view, shown, others, maybe);
}

#[test]
fn the_words_of_an_enum_are_those_that_are_read() {
    let words = endpoint(&App::new().routes(routes![words]), "words");
    for name in ["view", "shown", "others", "maybe"] {
        let expected = json!({ "type": "string", "enum": ["all", "bids-only", "mine"] });
        assert_eq!(parameter(&words, name).schema, expected, "{name}");
    }
}
