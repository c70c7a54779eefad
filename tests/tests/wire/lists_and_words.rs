//! Parameters that are lists, enums, texts with errors of their own, and whole queries that follow rules.

use garde::Validate;
use serde::Deserialize;
use serde_json::json;
use ws_runtime::{App, FromText, Query, Result, TextError, Valid, WebSocket, routes, websocket};
use ws_tests::{Logs, Modes, detail};

const INT: &str = "Input should be a valid integer, unable to parse string as an integer";

type Ids = Vec<u8>;
type MaybeIds = Option<Ids>;

#[websocket("/lists")]
async fn lists(
    #[query] maybe: MaybeIds,
    #[query(default = [1, 2], le = 9)] some: Ids,
    #[query(default = ["a", "b"])] words: Vec<String>,
    #[query(default = vec![7])] more: Option<Vec<u8>>,
    #[query(required, le = 9)] needed: Vec<u8>,
    mut ws: WebSocket,
) -> Result {
    Ok(ws.send_text(format!("{maybe:?} {some:?} {words:?} {more:?} {needed:?}")).await?)
}

#[tokio::test]
async fn lists_are_absent_defaulted_or_required() {
    let modes = Modes::start(|| App::new().routes(routes![lists])).await;
    let said = modes.at("/lists?needed=1").await.value();
    assert_eq!(said, r#"None [1, 2] ["a", "b"] Some([7]) [1]"#);
    let said = modes.at("/lists?maybe=3&maybe=4&some=5&words=&more=6&more=7&needed=1&needed=2").await.value();
    assert_eq!(said, r#"Some([3, 4]) [5] [""] Some([6, 7]) [1, 2]"#);
    let found = modes.at("/lists?maybe=3&maybe=x&some=10").await.details();
    let expected = [
        detail("int_parsing", &json!(["query", "maybe", 1]), INT, Some("x")),
        detail(
            "less_than_equal",
            &json!(["query", "some", 0]),
            "Input should be less than or equal to 9",
            Some("10"),
        ),
        detail("missing", &json!(["query", "needed"]), "Field required", None),
    ];
    assert_eq!(found, expected);
}

#[derive(Debug, PartialEq, FromText)]
#[from_text(rename_all = "kebab-case")]
enum Order {
    Newest,
    #[from_text(alias = "top", alias = "best")]
    MostRead,
    #[from_text(rename = "Z-A")]
    Backwards,
    #[from_text(skip)]
    #[expect(dead_code, reason = "no text is this variant")]
    Custom(u8),
}

/// An enum of a message, whose names a parameter shares.
#[derive(Debug, Deserialize, FromText)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Level {
    VeryHigh,
    #[serde(rename = "lo")]
    Low,
}

#[derive(Debug, FromText)]
enum Any {
    One,
    #[from_text(other)]
    Other,
}

#[derive(Debug, FromText)]
struct Id(#[expect(dead_code, reason = "only its Debug form is seen")] u8);

#[derive(Debug)]
struct Even(#[expect(dead_code, reason = "only its Debug form is seen")] u32);

impl FromText for Even {
    fn from_text(text: &str) -> Result<Self, TextError> {
        match u32::from_text(text)? {
            number if number % 2 == 0 => Ok(Self(number)),
            _ => Err(TextError::new("even_number", "Input should be even")),
        }
    }
}

#[derive(Debug)]
struct Secret;

impl FromText for Secret {
    fn from_text(text: &str) -> Result<Self, TextError> {
        Err(TextError::new("secret", format!("unknown secret {text}")))
    }
}

#[allow(clippy::too_many_arguments, reason = "every kind of list")]
#[websocket("/words/<id>/<order>")]
async fn words(
    id: Id,
    order: Order,
    #[query] level: Vec<Level>,
    #[query(default = Any::One)] any: Any,
    #[query] even: Option<Even>,
    #[query] secret: Option<Secret>,
    #[header] x_secret: Option<Secret>,
    mut ws: WebSocket,
) -> Result {
    Ok(ws.send_text(format!("{id:?} {order:?} {level:?} {any:?} {even:?} {secret:?} {x_secret:?}")).await?)
}

#[tokio::test]
async fn enums_are_read_from_the_names_of_their_variants() {
    let modes = Modes::start(|| App::new().routes(routes![words])).await;
    let said = modes.at("/words/5/most-read?level=VERY_HIGH&level=lo&any=x&even=4").await.value();
    assert_eq!(said, "Id(5) MostRead [VeryHigh, Low] Other Some(Even(4)) None None");
    let said = modes.at("/words/5/Z-A?any=One").await.value();
    assert_eq!(said, "Id(5) Backwards [] One None None None");
    assert!(modes.at("/words/5/top").await.value().contains("MostRead"));
    let found = modes.at("/words/256/Newest?level=lo&level=Low").await.details();
    let order = "Input should be 'newest', 'most-read' or 'Z-A'";
    let expected = [
        detail(
            "int_parsing",
            &json!(["path", "id"]),
            "Input should be a valid integer, the number is too large",
            Some("256"),
        ),
        detail("enum", &json!(["path", "order"]), order, Some("Newest")),
        detail("enum", &json!(["query", "level", 1]), "Input should be 'VERY_HIGH' or 'lo'", Some("Low")),
    ];
    assert_eq!(found, expected);
}

#[tokio::test]
async fn a_type_chooses_the_kind_of_its_error() {
    let logs = Logs::capture();
    let modes = Modes::start(|| App::new().routes(routes![words])).await;
    let found = modes
        .ask("/words/1/newest?even=3&secret=hunter2", |connect| connect.header("x-secret", "hunter3"))
        .await
        .details();
    let expected = [
        detail("even_number", &json!(["query", "even"]), "Input should be even", Some("3")),
        detail("secret", &json!(["query", "secret"]), "unknown secret hunter2", Some("hunter2")),
        detail("secret", &json!(["header", "x-secret"]), "Value error", None),
    ];
    assert_eq!(found, expected);
    for record in logs.at(tracing::Level::TRACE).iter().chain(&logs.at(tracing::Level::DEBUG)) {
        assert!(!format!("{record:?}").contains("hunter"), "{record:?}");
    }
}

#[derive(Debug, Deserialize, Validate)]
struct Page {
    #[garde(range(min = 1, max = 100))]
    size: u8,
    #[garde(length(max = 2), inner(length(chars, min = 2)))]
    #[serde(default)]
    tags: Vec<String>,
}

#[websocket("/page")]
async fn page(Query(page): Query<Valid<Page>>, #[query] q: Option<u8>, mut ws: WebSocket) -> Result {
    Ok(ws.send_text(format!("{} {:?} {q:?}", page.size, page.tags)).await?)
}

#[tokio::test]
async fn a_whole_query_follows_the_rules_of_its_type() {
    let modes = Modes::start(|| App::new().routes(routes![page])).await;
    assert_eq!(modes.at("/page?size=3&tags=ab").await.value(), r#"3 ["ab"] None"#);
    let found = modes.at("/page?size=0&tags=a&q=x").await.details();
    let places: Vec<_> = found.iter().map(|detail| (&detail["type"], &detail["loc"])).collect();
    let expected = [
        (json!("value_error"), json!(["query", "size"])),
        (json!("value_error"), json!(["query", "tags", 0])),
        (json!("int_parsing"), json!(["query", "q"])),
    ];
    assert_eq!(places, expected.iter().map(|(kind, loc)| (kind, loc)).collect::<Vec<_>>(), "{found:?}");
    assert_eq!(modes.at("/page?tags=ab").await.detail()["type"], "missing");
}
