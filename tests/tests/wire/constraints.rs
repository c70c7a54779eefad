//! Every constraint at, below and above its bound, in both rejection modes.

use serde_json::{Value, json};
use ws_runtime::{App, SocketError, WebSocket, routes, websocket};
use ws_tests::{Modes, detail};

/// Endpoints that send what they read, and return.
macro_rules! show {
    ($($name:ident $path:literal $(#[$source:meta])* $type:ty;)*) => {$(
        #[websocket($path)]
        async fn $name($(#[$source])* v: $type, mut ws: WebSocket) -> Result<(), SocketError> {
            ws.send_text(format!("{v:?}")).await
        }
    )*};
}

const LIMIT: i32 = 10;

show! {
    ge "/ge" #[query(ge = 1)] i32;
    gt "/gt" #[query(gt = 1)] i32;
    le "/le" #[query(le = 100)] i32;
    lt "/lt" #[query(lt = 100)] i32;
    between "/between" #[query(ge = -5, le = LIMIT)] i32;
    multiple "/multiple" #[query(multiple_of = 5)] i32;
    float "/float" #[query(ge = 0.5, lt = 1.5)] f64;
    float_gt "/float-gt" #[query(gt = 0.5)] f64;
    float_le "/float-le" #[query(le = 1.5)] f64;
    min_length "/min-length" #[query(min_length = 3)] String;
    max_length "/max-length" #[query(max_length = 5)] String;
    pattern "/pattern" #[query(pattern = "^a.c$")] String;
    inside "/inside" #[query(pattern = "b+")] String;
    option "/option" #[query(ge = 1)] Option<u32>;
    many "/many" #[query(ge = 1, le = 9)] Vec<u32>;
    many_texts "/many-texts" #[query(min_length = 2, pattern = "^[a-z]*$")] Vec<String>;
    default "/default" #[query(default = 10, ge = 1, le = 100)] u32;
    header "/header" #[header(min_length = 3)] String;
}

fn app() -> App {
    App::new()
        .routes(routes![ge, gt, le, lt, between, multiple, float, float_gt, float_le])
        .routes(routes![min_length, max_length, pattern, inside])
        .routes(routes![option, many, many_texts, default, header])
}

/// Checks that texts are accepted, with the `Debug` output given beside them.
async fn passes<const N: usize>(path: &str, cases: [(&str, &str); N]) {
    let modes = Modes::start(app).await;
    for (text, shown) in cases {
        assert_eq!(modes.at(&format!("{path}?v={text}")).await.value(), shown, "{path}?v={text}");
    }
}

/// Checks that texts are refused with a kind and a message.
async fn fails<const N: usize>(path: &str, kind: &str, msg: &str, texts: [&str; N]) {
    let modes = Modes::start(app).await;
    for text in texts {
        let found = modes.at(&format!("{path}?v={text}")).await.detail();
        assert_eq!(found, detail(kind, &json!(["query", "v"]), msg, Some(text)), "{path}?v={text}");
    }
}

#[tokio::test]
async fn ge_includes_its_bound() {
    passes("/ge", [("1", "1"), ("2", "2")]).await;
    fails("/ge", "greater_than_equal", "Input should be greater than or equal to 1", ["0", "-7"]).await;
}

#[tokio::test]
async fn gt_excludes_its_bound() {
    passes("/gt", [("2", "2")]).await;
    fails("/gt", "greater_than", "Input should be greater than 1", ["1", "0"]).await;
}

#[tokio::test]
async fn le_includes_its_bound() {
    passes("/le", [("100", "100"), ("99", "99")]).await;
    fails("/le", "less_than_equal", "Input should be less than or equal to 100", ["101"]).await;
}

#[tokio::test]
async fn lt_excludes_its_bound() {
    passes("/lt", [("99", "99")]).await;
    fails("/lt", "less_than", "Input should be less than 100", ["100", "101"]).await;
}

#[tokio::test]
async fn bounds_may_be_negative_and_constants() {
    passes("/between", [("-5", "-5"), ("10", "10")]).await;
    fails("/between", "greater_than_equal", "Input should be greater than or equal to -5", ["-6"]).await;
    fails("/between", "less_than_equal", "Input should be less than or equal to 10", ["11"]).await;
}

#[tokio::test]
async fn multiples_include_zero_and_negatives() {
    passes("/multiple", [("5", "5"), ("0", "0"), ("-10", "-10")]).await;
    fails("/multiple", "multiple_of", "Input should be a multiple of 5", ["4", "6", "-1"]).await;
}

#[tokio::test]
async fn floats_have_bounds_too() {
    passes("/float", [("0.5", "0.5"), ("1.4999", "1.4999")]).await;
    fails("/float", "greater_than_equal", "Input should be greater than or equal to 0.5", ["0.4999", "-inf"])
        .await;
    fails("/float", "less_than", "Input should be less than 1.5", ["1.5", "inf"]).await;
}

#[tokio::test]
async fn nan_fails_every_bound() {
    fails("/float-gt", "greater_than", "Input should be greater than 0.5", ["NaN", "nan"]).await;
    fails("/float-le", "less_than_equal", "Input should be less than or equal to 1.5", ["NaN"]).await;
    let modes = Modes::start(app).await;
    assert_eq!(modes.at("/float?v=NaN").await.details()[0]["type"], "greater_than_equal");
}

#[tokio::test]
async fn lengths_count_characters_not_bytes() {
    passes("/min-length", [("abc", r#""abc""#), ("%C3%A9%C3%A9%C3%A9", r#""ééé""#)]).await;
    passes("/max-length", [("", r#""""#), ("abcde", r#""abcde""#)]).await;
    passes(
        "/max-length",
        [("%F0%9F%A6%80%F0%9F%A6%80%F0%9F%A6%80%F0%9F%A6%80%F0%9F%A6%80", r#""🦀🦀🦀🦀🦀""#)],
    )
    .await;
    fails("/min-length", "string_too_short", "String should have at least 3 characters", ["ab", ""]).await;
    fails("/max-length", "string_too_long", "String should have at most 5 characters", ["abcdef"]).await;

    let modes = Modes::start(app).await;
    let found = modes.at("/min-length?v=%C3%A9%C3%A9").await.detail();
    assert_eq!((&found["type"], &found["input"]), (&json!("string_too_short"), &json!("éé")));
}

#[tokio::test]
async fn a_pattern_is_searched_for_unless_it_is_anchored() {
    passes("/pattern", [("abc", r#""abc""#)]).await;
    fails("/pattern", "string_pattern_mismatch", "String should match pattern '^a.c$'", ["abcd", "xabc", ""])
        .await;
    passes("/inside", [("abba", r#""abba""#)]).await;
    fails("/inside", "string_pattern_mismatch", "String should match pattern 'b+'", ["aca"]).await;
}

#[tokio::test]
async fn the_value_of_an_option_is_checked() {
    passes("/option", [("1", "Some(1)")]).await;
    fails("/option", "greater_than_equal", "Input should be greater than or equal to 1", ["0"]).await;
    assert_eq!(Modes::start(app).await.at("/option").await.value(), "None");
}

#[tokio::test]
async fn every_item_of_a_vec_is_checked() {
    let modes = Modes::start(app).await;
    assert_eq!(modes.at("/many?v=1&v=9").await.value(), "[1, 9]");
    let details = modes.at("/many?v=0&v=5&v=10").await.details();
    let at = |index: usize| json!(["query", "v", index]);
    assert_eq!(
        details,
        [
            detail("greater_than_equal", &at(0), "Input should be greater than or equal to 1", Some("0")),
            detail("less_than_equal", &at(2), "Input should be less than or equal to 9", Some("10")),
        ]
    );

    let details = modes.at("/many-texts?v=ab&v=x&v=A1").await.details();
    let found: Vec<(&Value, &Value)> =
        details.iter().map(|detail| (&detail["type"], &detail["loc"])).collect();
    assert_eq!(found, [(&json!("string_too_short"), &at(1)), (&json!("string_pattern_mismatch"), &at(2)),]);
}

#[tokio::test]
async fn a_given_value_is_checked_where_there_is_a_default() {
    let modes = Modes::start(app).await;
    assert_eq!(modes.at("/default").await.value(), "10");
    passes("/default", [("1", "1"), ("100", "100")]).await;
    fails("/default", "less_than_equal", "Input should be less than or equal to 100", ["101"]).await;
}

#[tokio::test]
async fn a_header_that_breaks_a_constraint_is_not_shown() {
    let modes = Modes::start(app).await;
    let found = modes.ask("/header", |connect| connect.header("v", "ab")).await.detail();
    let expected =
        detail("string_too_short", &json!(["header", "v"]), "String should have at least 3 characters", None);
    assert_eq!(found, expected);
}
